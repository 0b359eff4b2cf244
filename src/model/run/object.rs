//! A run as scripts get it: on the command line, and exported.

use serde_json::{Map, Value, json};

use super::{Outcome, RunDetail, RunReport};

impl RunReport {
    /// What came of it in a word: a verification that met damage went to its end, and is a failure all the same.
    fn result(&self) -> &'static str {
        match (&self.outcome, &self.detail) {
            (outcome, RunDetail::Verify { report }) if outcome.is_success() && !report.damaged.is_empty() => "failed",
            (Outcome::Completed, _) => "completed",
            (Outcome::CompletedWithWarnings, _) => "completed-with-warnings",
            (Outcome::Failed(_), _) => "failed",
            (Outcome::Cancelled, _) => "cancelled",
            (Outcome::LeftRunning, _) => "left-running",
        }
    }

    /// An object with its detail's fields beside its own.
    pub fn object(&self) -> Value {
        let mut line = Map::new();
        line.insert("result".into(), self.result().into());
        if let Outcome::Failed(problem) = &self.outcome {
            line.insert("error".into(), problem.object());
        }
        if let Ok(Value::Object(mut fields)) = serde_json::to_value(self) {
            let detail = fields.remove("detail");
            for name in ["outcome", "problem"] {
                fields.remove(name);
            }
            line.extend(fields);
            if let Some(Value::Object(mut detail)) = detail {
                detail.remove("of");
                if let RunDetail::Backup { packed: Some(packed), .. } = &self.detail
                    && let Some(Value::Object(fields)) = detail.get_mut("packed")
                {
                    let ratio = packed.ratio().map(|ratio| (ratio * 100.0).round() / 100.0);
                    fields.insert("ratio".into(), json!(ratio));
                }
                line.extend(detail);
            }
        }
        Value::Object(line)
    }
}
