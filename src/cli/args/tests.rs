//! Forms of the command line that are read, and that are not.

use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("strongroom").chain(line.split_whitespace()))
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_form_of_the_command_line_is_read() {
    for line in [
        "",
        "backup Documents Pictures",
        "backup --all --type full",
        "backup --source a b --to d --name n --type incremental --exclude *.o --exclude !x --format tar.bz2 --level 9 --volume-size 64M --password-file f",
        "backup --source a --to d --no-encryption --take-over --json",
        "--json versions --from d",
        "versions --from d --plan p",
        "versions Documents --json",
        "versions --plan p --of /home/u/a",
        "restore Documents --to out --version latest",
        "restore --plan p --in-place",
        "verify Documents --depth full --all",
        "ls --plan p -R /home/u",
        "find x --plan p",
        "diff --plan p 2026-11-20",
        "download --plan p --to out",
        "versions --from d --of /home/u/a --json",
        "diff --from d 2026-11-20",
        "diff --from d 20261121T200000Z-full-5f3a9c2e latest --json",
        "ls --from d --version latest /home/u",
        "ls --from d --version 20261121T200000Z-full-5f3a9c2e -R",
        "restore --from d --to out",
        "restore --from d --version 2026-11-20T18:00 --in-place --path a --path b --conflict keep-both --dry-run",
        "restore --from d --to out --full-paths --conflict newer",
        "restore --from f.tar --to out --keys k --any-size",
        "ls --from f.zip --keys k -R inner/path",
        "verify --from d --all --depth quick",
        "verify --from d --version latest --depth full",
        "backup --source a --to d --type incremental --base 20261121T200000Z-full-5f3a9c2e",
        "backup n --type differential",
        "delete --from d --version 20261121T200000Z-full-5f3a9c2e 20261122T200000Z-incr-5f3a9c2e --dry-run",
        "find x --from d",
        "find *.raw --from d --plan p --limit 5 --json",
        "delete --from d --plan p --version 20261121T200000Z-full-5f3a9c2e --json",
        "plan list",
        "plan show n",
        "plan add n --source a --to d --schedule daily@20:00 --level auto --format zip",
        "plan add n --source a --to d --read-back never",
        "plan edit n --format zip-zstd",
        "plan edit n --read-back local",
        "backup --source a --to d --read-back always",
        "plan edit n --schedule 6h --exclude *.o --source x",
        "plan remove n --delete-versions --yes",
        "key list --from d --plan n --json",
        "key add --from d --key-file f",
        "key add --from d --make-password f --kdf pbkdf2",
        "key add --from d --add-key-file f",
        "key remove 5a5a5a5a --from d --yes",
        "key recovery f --from d",
        "key change --from d --new-password-file f",
        "key change --from d --same-password --kdf scrypt",
        "key rotate --from d --recovery-key-file f --yes",
        "key new f",
        "backup --source a --to d --cipher aes-128-gcm --key-file f",
        "backup --source a --to d --make-password f",
        "plan edit n --password-file f",
        "ls --from d --key-file f",
        "history --plan n --limit 5",
        "inspect f --json",
        "encrypt f --to g --kdf pbkdf2 --cipher aes-128-gcm --password-file p --overwrite",
        "decrypt f --to g --keys k",
        "compress f --to g --format lz4 --level 9",
        "compress f --to g.gz",
        "decompress f --to g --json",
        "encrypt f",
        "decrypt f.sealed --overwrite",
        "compress f --format gz",
        "decompress f.gz",
        "tour",
    ] {
        assert!(parse(line).is_ok(), "{line}: {}", parse(line).unwrap_err());
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for line in [
        "backup",
        "backup --source a",
        "backup Documents --all",
        "backup Documents --source a --to d",
        "backup Documents --to d",
        "backup Documents --exclude x",
        "backup Documents --no-encryption",
        "backup --all --level 3",
        "backup --all --format zip",
        "backup Documents --read-back never",
        "plan edit n --read-back sometimes",
        "backup --source a --to d --format rar",
        "backup --source a --to d --level 99",
        "backup --source a --to d --no-encryption --password-file f",
        "backup --source a --to d --password hunter2",
        "restore --from d",
        "restore --to out",
        "restore Documents --from d --to out",
        "restore Documents --plan p --to out",
        "verify",
        "ls /home/u",
        "download --to out",
        "key list --plan p",
        "delete --plan p --version 20261121T200000Z-full-5f3a9c2e",
        "restore --from d --to out --in-place",
        "restore --from d --in-place --full-paths",
        "restore --from d --to out --conflict maybe",
        "verify --from d --version latest --all",
        "delete --from d",
        "diff --from d",
        "diff --from d newest",
        "delete --from d --version latest",
        "backup n --base latest",
        "plan edit n",
        "plan add n --source a",
        "plan add n --to d",
        "plan add n --source a --to d --schedule yearly",
        "backup Documents --cipher aes-128-gcm",
        "backup --source a --to d --no-encryption --cipher aes-128-gcm",
        "backup --source a --to d --make-password f --password-file g",
        "ls --from d --password-file f --key-file g",
        "key add --from d --add-key-file f --make-password g",
        "key change --from d --same-password --make-password g",
        "key remove --from d",
        "key recovery --from d",
        "plan edit n --password-file f --key-file g",
        "history --limit 0",
        "inspect",
        "encrypt f --to g --password hunter2",
        "compress f --to g --format zip",
        "nonsense",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

/// Whatever a terminal is wide: a closing text is broken by clap alone, and once.
#[test]
fn help_fits_a_terminal_of_80_columns() {
    fn check(command: &mut clap::Command) {
        let name = command.get_name().to_string();
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines: Vec<&str> = after.lines().collect();
        for pair in lines.windows(2) {
            let is_text = |line: &str| !line.is_empty() && !line.starts_with(' ');
            assert!(!(is_text(pair[0]) && is_text(pair[1])), "{name}: broken by hand: {pair:?}");
        }
        for help in [command.render_help().to_string(), command.render_long_help().to_string()] {
            for line in help.lines() {
                // How a command is used is one line.
                assert!(line.chars().count() <= 80 || line.starts_with("Usage:"), "{name}: {line}");
            }
        }
        command.get_subcommands_mut().for_each(check);
    }
    let mut command = Cli::command().term_width(80);
    command.build();
    check(&mut command);
}
