//! `strongroom limit`

use serde_json::json;

use super::args;
use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::Output;
use crate::model::limits::Limits;
use crate::model::problem::Problem;

pub fn run(args: &args::Limit, output: Output) -> Result<Exit, Problem> {
    if args.upload.is_none() && args.download.is_none() && args.between.is_none() {
        let session = Session::reading_home()?;
        session.tell_notices(output);
        show(session.handle().overview().settings.limits, output);
        return Ok(Exit::Done);
    }
    with_home(|session| {
        let mut settings = session.handle().overview().settings.clone();
        let limits = &mut settings.limits;
        limits.upload = args.upload.map_or(limits.upload, |speed| speed.0);
        limits.download = args.download.map_or(limits.download, |speed| speed.0);
        limits.between = args.between.map_or(limits.between, |times| times.0);
        let limits = *limits;
        session.handle().save_settings(settings).wait()?;
        show(limits, output);
        Ok(Exit::Done)
    })
}

fn show(limits: Limits, output: Output) {
    output.line(format!("To and from servers: {}", limits.in_words()));
    if limits.between.is_some() && limits.is_unlimited() {
        output.note("The times hold for nothing: no speed is limited.");
    }
    output.result("completed", json!({ "upload": limits.upload, "download": limits.download, "between": limits.between }));
}
