//! `strongroom limit`

use serde_json::json;

use super::args;
use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::Output;
use crate::model::human;
use crate::model::problem::Problem;
use crate::model::settings::Settings;

pub fn run(args: &args::Limit, output: Output) -> Result<Exit, Problem> {
    let is_speed = args.upload.is_some() || args.download.is_some() || args.between.is_some();
    if !is_speed && args.runs.is_none() && args.connections.is_none() {
        let session = Session::reading_home()?;
        session.tell_notices(output);
        show(&session.handle().overview().settings, output);
        return Ok(Exit::Done);
    }
    with_home(|session| {
        let mut settings = session.handle().overview().settings.clone();
        let limits = &mut settings.limits;
        limits.upload = args.upload.map_or(limits.upload, |speed| speed.0);
        limits.download = args.download.map_or(limits.download, |speed| speed.0);
        limits.between = args.between.map_or(limits.between, |times| times.0);
        settings.runs_at_once = args.runs.unwrap_or(settings.runs_at_once);
        settings.connections = args.connections.unwrap_or(settings.connections);
        session.handle().save_settings(settings.clone()).wait()?;
        show(&settings, output);
        Ok(Exit::Done)
    })
}

fn show(settings: &Settings, output: Output) {
    let limits = settings.limits;
    output.line(format!("To and from servers: {}", limits.in_words()));
    if limits.between.is_some() && limits.is_unlimited() {
        output.note("The times hold for nothing: no speed is limited.");
    }
    let runs = settings.runs_at_once() as u64;
    let connections = settings.connections() as u64;
    let (backups, files) = (human::counted(runs, "backup", "backups"), human::counted(connections, "file", "files"));
    output.line(format!("At the same time: {backups}; {files} to or from each server"));
    let (upload, download, between) = (limits.upload, limits.download, limits.between);
    output.result(
        "completed",
        json!({ "upload": upload, "download": download, "between": between, "runs": runs, "connections": connections }),
    );
}
