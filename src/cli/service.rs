//! `strongroom daemon --print-service`: the unit by which systemd starts the daemon for a person.

use std::path::Path;

use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use crate::model::problem::{Code, Problem};
use crate::os::program;

pub fn print(output: Output) -> Result<Exit, Problem> {
    let program = program::path().map_err(|error| wrong(error.to_string()))?;
    let home = std::env::var_os("STRONGROOM_HOME").filter(|home| !home.is_empty());
    let home = home.map(std::path::absolute).transpose().map_err(|error| wrong(error.to_string()))?;
    let unit = unit(&program, home.as_deref()).ok_or_else(|| wrong(String::new()))?;
    for line in unit.lines() {
        output.line(line);
    }
    output.result("completed", json!({ "unit": unit }));
    Ok(Exit::Done)
}

fn wrong(detail: String) -> Problem {
    let what = "Where this program lies cannot be written into a unit.";
    Problem::new(Code::Usage, what, "Put it at a path of letters and digits.").with_detail(detail)
}

/// `home`: what `STRONGROOM_HOME` says. `None` where a path is no text.
fn unit(program: &Path, home: Option<&Path>) -> Option<String> {
    let home = match home {
        Some(home) => format!("Environment={}\n", quoted(&format!("STRONGROOM_HOME={}", home.to_str()?))?),
        None => String::new(),
    };
    let program = quoted(program.to_str()?)?;
    Some(format!(
        "[Unit]\n\
         Description=Strongroom: backups by their schedules\n\
         \n\
         [Service]\n\
         ExecStart={program} daemon\n\
         {home}\
         # Refused while a window has the schedules; tried again, so that they are kept once it has ended.\n\
         Restart=on-failure\n\
         RestartSec=60\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    ))
}

/// As systemd takes a word (systemd.syntax(7), "Quoting"); `%` would stand for something else. `None` where it would not be one line.
fn quoted(text: &str) -> Option<String> {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    (!text.contains(char::is_control)).then(|| format!("\"{escaped}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        let unit = unit(Path::new("/opt/strong room/100 %"), Some(Path::new("/home/a\\b\"c"))).unwrap();
        assert!(unit.contains("ExecStart=\"/opt/strong room/100 %%\" daemon\n"), "{unit}");
        assert!(unit.contains(r#"Environment="STRONGROOM_HOME=/home/a\\b\"c""#), "{unit}");
        assert_eq!(super::unit(Path::new("/a\nExecStart=/b"), None), None);
    }

    #[test]
    fn packages_bring_the_same() {
        let brought = include_str!("../../packaging/strongroom.service");
        assert_eq!(unit(Path::new("/usr/bin/strongroom"), None).unwrap(), brought);
    }
}
