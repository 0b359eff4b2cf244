//! What messages and their channels fail with, in words.

use crate::model::alert::ChannelId;
use crate::model::problem::{Code, Problem};
use crate::notify::{Error, Kind};

/// A try that somebody waits for.
pub fn not_sent(channel: &str, error: &Error) -> Problem {
    Problem::new(Code::NotSent, format!("Nothing was sent ({channel}): {error}."), fix(error.kind))
        .with_command(command(error.kind))
}

/// A message that was to be sent while nobody waited; it is told in Activity.
pub fn message_not_sent(channel: &str, subject: &str, error: &Error, is_tried_again: bool) -> Problem {
    let what = format!("\u{201c}{subject}\u{201d} could not be told ({channel}): {error}.");
    let fix = match (is_tried_again, fix(error.kind)) {
        (true, "") => "It is tried again.".to_owned(),
        (true, fix) => format!("It is tried again. {fix}"),
        (false, fix) => format!("It is not tried again. {fix}"),
    };
    Problem::new(Code::NotSent, what, fix.trim_end())
}

fn fix(kind: Kind) -> &'static str {
    match kind {
        Kind::Nobody => "Log in to a desktop that shows messages, or have them sent by e-mail or to a webhook.",
        Kind::Away | Kind::Silent => "Check the network, and the server's name and port.",
        Kind::Later => "",
        Kind::Password => "Check the account's name and its password there; some servers want one that is made for programs.",
        Kind::Refused => "Check the addresses and what the server wants.",
        Kind::Certificate => {
            "Nothing was sent to it. If the server is your own, name a file with the certificate that vouches for it in the channel's settings."
        }
        Kind::Elsewhere => "Give the address that it sends to, if that is the right one.",
        Kind::Missing => "Set the channel up again: its secret is not among this machine's any more.",
        Kind::Settings => "Change the channel in the settings.",
    }
}

fn command(kind: Kind) -> &'static str {
    match kind {
        Kind::Certificate => "Here it is named by --ca-file.",
        _ => "",
    }
}

pub fn channel(why: String) -> Problem {
    Problem::new(Code::Usage, format!("Messages cannot be sent this way: {why}."), "Change that, then try again.")
}

pub fn no_such_channel(id: &ChannelId) -> Problem {
    Problem::new(Code::NothingThere, format!("There is no channel {id}."), "See the list of channels.")
        .with_command("Here `strongroom notify list` shows it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_command_line_are_told_only_there() {
        let problem = not_sent("by e-mail", &Error::new(Kind::Certificate, "the mail server cannot be trusted"));
        assert!(!problem.fix.contains("--"), "{problem:?}");
        assert!(problem.on_command_line().fix.ends_with("Here it is named by --ca-file."));
        assert_eq!(not_sent("by e-mail", &Error::new(Kind::Away, "no answer")).command, "");
    }
}
