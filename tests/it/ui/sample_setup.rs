//! What a computer might offer to whoever sets up a backup: for looking at those pages without an engine.

use strongroom::engine::message::*;
use strongroom::model::problem::Problem;
use strongroom::model::secret::Secret;
use strongroom::model::source_spec::Measured;

pub fn answer(question: &Question) -> Option<Result<Answer, Problem>> {
    Some(Ok(match question {
        Question::SuggestSources => Answer::Suggestions(
            [("Documents", true), ("Pictures", true), ("Downloads", false)]
                .map(|(name, chosen)| Suggestion { name: name.into(), path: format!("/home/ada/{name}").as_str().into(), chosen })
                .into(),
        ),
        Question::Drives => Answer::Drives(vec![drive("System", "/", true), drive("Blue disk", "/media/ada/blue", false)]),
        Question::Measure { path, .. } => {
            let n = path.as_bytes().len() as u64;
            Answer::Measured(Measured { files: n * 1_204, bytes: n * 1_310_000_000, ..Measured::default() })
        }
        Question::MakePasswordFile { .. } => Answer::Password(Secret::new("k7qf3m2x-9plavn4t-0cwer8hd-62ybjs5z")),
        _ => return None,
    }))
}

fn drive(name: &str, mount: &str, is_system: bool) -> Drive {
    Drive {
        name: name.into(),
        mount_point: mount.into(),
        device: "/dev/sdb1".into(),
        file_system: "ext4".into(),
        free: 812_000_000_000,
        total: 1_000_000_000_000,
        is_system,
        is_network: false,
    }
}
