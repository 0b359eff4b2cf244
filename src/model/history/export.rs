//! Runs of the history as a file for other programs: a run at a time, so that any number of them takes no more memory than one.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::model::problem::Problem;
use crate::model::run::{Outcome, RunDetail, RunReport, words};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFormat {
    /// One array, an object a line: the same that `strongroom history --json` prints.
    Json,
    /// RFC 4180, with a head; text that spreadsheets would take for a formula begins with `'`.
    Csv,
    /// Reports as the window copies them.
    Text,
}

impl ExportFormat {
    pub const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Text];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Csv => "CSV (spreadsheets)",
            Self::Text => "Text",
        }
    }

    /// Of a file, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Text => "txt",
        }
    }
}

const COLUMNS: [&str; 26] = [
    "run",
    "kind",
    "backup",
    "plan",
    "outcome",
    "trigger",
    "started",
    "finished",
    "seconds",
    "version",
    "type",
    "destination",
    "files",
    "bytes",
    "new_files",
    "new_bytes",
    "stored_bytes",
    "deleted_versions",
    "freed_bytes",
    "warnings",
    "error_code",
    "error",
    "error_fix",
    "error_detail",
    "event",
    "event_details",
];

/// What is written, in order: [`begin`](Self::begin), each run, [`end`](Self::end).
pub struct Export {
    format: ExportFormat,
    zone: TimeZone,
    now: Timestamp,
    runs: u64,
}

impl Export {
    /// `zone` and `now`: for text, whose times are those on the wall.
    pub fn new(format: ExportFormat, zone: TimeZone, now: Timestamp) -> Self {
        Self { format, zone, now, runs: 0 }
    }

    /// How many runs were written.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    pub fn begin(&self) -> String {
        match self.format {
            ExportFormat::Json => "[".into(),
            ExportFormat::Csv => csv_line(COLUMNS),
            ExportFormat::Text => String::new(),
        }
    }

    /// `report`: with its warnings.
    pub fn run(&mut self, report: &RunReport) -> String {
        self.runs += 1;
        let first = self.runs == 1;
        match self.format {
            ExportFormat::Json => format!("{}\n{}", if first { "" } else { "," }, report.object()),
            ExportFormat::Csv => csv_line(cells(report)),
            ExportFormat::Text => {
                format!("{}{}", if first { "" } else { "\n\n" }, words::as_text(report, self.now, &self.zone))
            }
        }
    }

    pub fn end(&self) -> &'static str {
        if self.format == ExportFormat::Json { "\n]\n" } else { "" }
    }
}

/// A row; its end is that of RFC 4180.
fn csv_line<T: AsRef<[u8]>>(cells: impl IntoIterator<Item = T>) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn cells(report: &RunReport) -> [String; COLUMNS.len()] {
    let none = String::new;
    let problem = match &report.outcome {
        Outcome::Failed(problem) => Some(problem),
        _ => None,
    };
    let of = |part: fn(&Problem) -> &str| problem.map_or_else(none, |problem| text(part(problem)));
    let mut cells = [(); COLUMNS.len()].map(|()| String::new());
    let mut set = |column: &str, value: String| {
        if let Some(cell) = COLUMNS.iter().position(|name| *name == column).and_then(|at| cells.get_mut(at)) {
            *cell = value;
        }
    };
    set("run", report.run.0.to_string());
    set("kind", report.kind.name().into());
    set("backup", text(&report.plan_name));
    set("outcome", report.ending().map_or_else(none, |ending| ending.name().into()));
    set("trigger", word(&report.trigger));
    set("started", report.started.to_string());
    set("finished", report.finished.to_string());
    set("seconds", format!("{:.3}", report.took().as_secs_f64()));
    set("error_code", problem.map_or_else(none, |problem| word(&problem.code)));
    set("error", of(|problem| &problem.what));
    set("error_fix", of(|problem| &problem.fix));
    set("error_detail", of(|problem| &problem.detail));
    set("warnings", report.warning_count.to_string());
    set("plan", report.plan.as_ref().map_or_else(none, |plan| plan.as_str().into()));
    match &report.detail {
        RunDetail::Backup { version, backup_type, totals, destination, .. } => {
            set("version", version.to_string());
            set("type", word(backup_type));
            set("destination", text(destination));
            set("files", totals.files.to_string());
            set("bytes", totals.bytes.to_string());
            set("new_files", totals.new_files.to_string());
            set("new_bytes", totals.new_bytes.to_string());
            set("stored_bytes", totals.stored_bytes.to_string());
        }
        RunDetail::Restore { version, counts, target, .. } => {
            set("version", version.as_ref().map_or_else(none, ToString::to_string));
            set("destination", text(target));
            set("files", (counts.created + counts.replaced + counts.beside).to_string());
            set("bytes", counts.bytes.to_string());
        }
        RunDetail::Delete { versions, bytes, destination, .. } => {
            set("destination", text(destination));
            set("deleted_versions", versions.len().to_string());
            set("freed_bytes", bytes.to_string());
        }
        RunDetail::Replicate { replicated, .. } => {
            set("destination", text(&replicated.destination));
            set("stored_bytes", replicated.bytes.to_string());
        }
        RunDetail::Verify { report } => set("bytes", report.bytes.to_string()),
        RunDetail::Tool(done) => {
            set("destination", text(&done.to.display()));
            set("bytes", done.before.to_string());
            set("stored_bytes", done.after.to_string());
        }
        RunDetail::Event(event) => {
            set("event", word(&event.what));
            set("event_details", text(&event.details.join("; ")));
        }
        RunDetail::None => {}
    }
    cells
}

/// What a spreadsheet would reckon with is marked as text: names of backups and paths may hold anything.
fn text(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{text}") } else { text.into() }
}

/// A plain value by the name that scripts have for it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
