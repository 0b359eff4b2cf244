"""The real window, used as a person uses it, from the first start to the last backup's deletion.

Run inside a session bus of its own (tests/it/window.rs does), see hands.py for what it is told. Ends with 0 and "ok", else
says what it waited for and what was on the screen.
"""
import filecmp
import glob
import os
import re
import subprocess

import hands
from hands import BIN, PATIENCE, ROOT, button, click, key, see, shot, type_into, type_text, wait

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "violin under the green bridge"
WHOLE_CHECK = "Verify: open and check every file"


def names():
    return [name for _, name, _ in hands.on_screen()]


def shows(part):
    return any(part in name for name in names())


def prepare():
    os.makedirs(f"{ROOT}/person/Documents/Letters")
    for disk in ("disk", "other disk"):
        os.makedirs(f"{ROOT}/{disk}")
    for number in range(60):
        with open(f"{ROOT}/person/Documents/Letters/letter {number}.txt", "w") as file:
            file.write(f"Dear {number},\n" * 50)
    hands.open_display()


def make_film(megabytes):
    """Enough that a run lasts a while."""
    with open("/dev/urandom", "rb") as chance, open(f"{ROOT}/person/Documents/film.raw", "wb") as film:
        for _ in range(megabytes):
            film.write(chance.read(1_000_000))


def menu(name, item):
    button(f"More for {name}")
    click("menu item", item)


def first_run():
    """Three pages, at most six clicks, the password twice; and a recovery key. Gives the key."""
    button("Set up a backup")
    see("Documents")
    button("Next: Where")
    type_into("entry", "Path of the destination", f"{ROOT}/disk")
    button("Next: How")
    # The first field has the focus already.
    see("Choose a password")
    type_text(PASSWORD)
    key("Tab", "Tab")
    type_text(PASSWORD)
    wait("the summary", lambda: shows("encrypted, to "))
    asked = hands.clicks
    button("Make a recovery key")
    recovery_key = wait("the key", lambda: [name for name in names() if re.fullmatch(r"([0-9A-Z]{4,8}-){4,}[0-9A-Z]{4,8}", name)])[0]
    shot("how")
    click("check box", "I have written it down")
    wanted = hands.clicks - asked
    button("Back up now")
    assert hands.clicks - wanted <= 6, f"{hands.clicks - wanted} clicks to the first backup"
    see("60 of 60 files copied")
    shot("backed-up")
    return recovery_key


def verify(name):
    menu(name, WHOLE_CHECK)


def look_at_keys():
    click("page tab", "Encryption")
    see("any one of these:")
    see("Recovery key")
    shot("encryption")
    click("page tab", "Backups")


def change_password():
    click("page tab", "Encryption")
    button("Change the password of Documents")
    type_into("password text", "Password or recovery key now", "wrong")
    type_into("password text", "New password", NEW_PASSWORD)
    type_into("password text", "New password again", NEW_PASSWORD)
    key("Return")
    see("This is not the password of this backup.")
    type_into("password text", "Password or recovery key now", PASSWORD)
    shot("password")
    button("Change password")
    see("The password of Documents is changed.")
    click("page tab", "Backups")


def look_at_history():
    menu("Documents", "History")
    see("Only Documents")
    run = wait("the run", lambda: [name for name in names() if name.startswith("Backup of Documents, ")])[0]
    button(run)
    see("Where the time went")
    shot("report")
    key("Escape")
    wait("the drawer to close", lambda: not shows("Where the time went"))


def move():
    """Edit the backup to go to another disk; the versions on the first one stay."""
    menu("Documents", "Edit…")
    see("Edit Documents")
    button("Next: Where")
    type_into("entry", "Path of the destination", f"{ROOT}/other disk")
    button("Next: How")
    see("Its password is changed in the Encryption tab.")
    button("Advanced")
    see("How it is packed")
    shot("edit")
    button("Save")
    see(f"to {ROOT}/other disk")
    button("Back up Documents now")
    see("60 of 60 files copied")
    assert glob.glob(f"{ROOT}/disk/Documents-*/versions/*.json"), "the first disk keeps its versions"
    assert glob.glob(f"{ROOT}/other disk/Documents-*/versions/*.json")


def second_place():
    """A further disk gets every version; away it holds nothing up, and gets later what it lacks."""
    third = f"{ROOT}/third disk"
    os.makedirs(third)
    menu("Documents", "Edit…")
    see("Edit Documents")
    button("Next: Where")
    button("Keep it in another place as well")
    see("And in another place:")
    type_into("entry", "Path of the destination", third)
    shot("two places")
    button("Next: How")
    see(f"to {ROOT}/other disk and {third};")
    button("Save")
    button("Back up Documents now")
    wait("the copy", lambda: glob.glob(f"{third}/Documents-*/versions/*.json"))
    see("Nothing new or changed")
    os.rename(third, f"{ROOT}/pulled out")
    button("Back up Documents now")
    see("third disk lacks the newest versions")
    shot("one place away")
    os.rename(f"{ROOT}/pulled out", third)
    button("Back up Documents now")
    wait("it to have caught up", lambda: not shows("lacks the newest versions"))
    there = [sorted(map(os.path.basename, glob.glob(f"{ROOT}/{disk}/Documents-*/versions/*"))) for disk in ("other disk", "third disk")]
    assert there[0] == there[1] and len(there[0]) == 4, there
    click("page tab", "Storage")
    see("third disk")
    shot("two destinations")
    click("page tab", "Backups")
    menu("Documents", "Edit…")
    see("Edit Documents")
    button("Next: Where")
    button("Remove destination third disk")
    button("Next: How")
    button("Save")
    see(f"to {ROOT}/other disk")


def delete_a_version():
    """One that others came after: they are whole without it."""
    def versions():
        return glob.glob(f"{ROOT}/other disk/Documents-*/versions/*.json")

    older = versions()
    note = f"{ROOT}/person/Documents/note.txt"
    open(note, "w").close()
    button("Back up Documents now")
    see("1 of 61 files copied")
    menu("Documents", "Delete versions…")
    see("This cannot be undone.")
    boxes = wait("the versions", lambda: [name for role, name, _ in hands.on_screen() if role == "check box" and " added" in name])
    assert len(boxes) == len(older) + 1, boxes
    click("check box", boxes[1])
    danger = wait("what it frees", lambda: [name for name in names() if name.startswith("Delete 1 version, ")])[0]
    shot("delete-versions")
    button(danger)
    wait("one version less", lambda: len(versions()) == len(older))
    assert sorted(versions()) != sorted(older)
    os.remove(note)


def cancel():
    before = len(glob.glob(f"{ROOT}/other disk/Documents-*/versions/*.json"))
    make_film(800)
    button("Back up Documents now")
    button("Cancel: Backing up Documents")
    see("Cancelled: no new version.")
    shot("cancelled")
    assert len(glob.glob(f"{ROOT}/other disk/Documents-*/versions/*.json")) == before


def find_damage():
    """One bit of a volume: the check says so and names files, and the next version does not build on it."""
    # Not one with the film, which the cancelled run has left for the next one to go on from.
    volumes = glob.glob(f"{ROOT}/other disk/Documents-*/data/*/v0001.*")
    volume = max((path for path in volumes if os.path.getsize(path) < 1_000_000), key=os.path.getsize)
    with open(volume, "r+b") as file:
        file.seek(os.path.getsize(volume) // 3)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 16]))
    verify("Documents")
    see("1 file of the backup is damaged. This hits 60 of your files.")
    see("Needs attention")
    button("Show files")
    see("/Documents/Letters/letter ")
    shot("damage")
    with open(volume, "r+b") as file:
        file.seek(os.path.getsize(volume) // 3)
        file.write(bytes([byte]))


def close_while_it_runs(process):
    button("Back up Documents now")
    see("Cancel: Backing up Documents")
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)
    if not shows("Keep backing up"):
        wait("the question", lambda: hands.find("push button", "Keep backing up in the background"))
    shot("closing")
    button("Keep backing up in the background")
    wait("the window to close", lambda: not hands.has_window())
    assert process.poll() is None, "the program ended with its window"
    again = hands.open_window("home")
    again.wait(timeout=PATIENCE)
    assert process.poll() is None, "the first program did not live on"
    # Whether it is still running or has ended meanwhile: the run was not cut off.
    wait("the end of the run", lambda: not shows("Cancel: Backing up"))
    # Nothing is built on what is damaged: all of its files are stored anew. The card said so if it saw the end of the run.
    see("older versions are damaged")
    menu("Documents", "History")
    button(wait("the run", lambda: [name for name in names() if name.startswith("Backup of Documents, ")])[0])
    see("61 new or changed files")
    key("Escape")
    wait("the drawer to close", lambda: not shows("61 new or changed files"))
    shot("open-again")
    verify("Documents")
    see("All is well.")
    see("Protected · 1 of 1")


def start_twice(process):
    """A second start brings the window back, which was put away, and ends."""
    wid = hands.window()
    subprocess.run(["xdotool", "windowminimize", "--sync", wid], check=True)
    assert not hands.has_window()
    second = hands.start(BIN, env=hands.environment("home"), stdout=subprocess.PIPE, text=True)
    said, _ = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0 and "comes to the front" in said, (second.returncode, said)
    assert process.poll() is None
    wait("the window", hands.has_window)
    front = lambda: subprocess.run(["xdotool", "getactivewindow"], capture_output=True, text=True).stdout.strip()
    wait("the same window in front", lambda: front() == wid)


def command_beside_the_window():
    """The window has the engine: a command asks it for its run, and the window shows it."""
    make_film(3)
    command = hands.start(BIN, "backup", "Documents", env=hands.environment("home"))
    assert command.wait(timeout=PATIENCE) == 0
    see("1 of 61 files copied (3.0 MB)")


def quit_program(process):
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)
    button("Quit: schedules stop")
    process.wait(timeout=PATIENCE)


def beside_a_command():
    """A command holds the engine while the window opens: its run is seen; when it ends the window has an engine of its own."""
    make_film(200)
    command = hands.start(BIN, "backup", "Documents", env=hands.environment("home"))
    wait("the command's engine", lambda: os.path.exists(f"{ROOT}/home/run/engine.sock"))
    process = hands.open_window("home")
    see("Cancel: Backing up Documents")
    shot("beside-a-command")
    assert command.wait(timeout=PATIENCE) == 0
    wait("the end of the run", lambda: not shows("Cancel: Backing up"))
    see("Protected · 1 of 1")
    wait("an engine of its own", lambda: not shows("Connecting again"))
    assert not shows("cannot be reached"), names()
    # The schedule is this window's matter by now: closing it asks, see quit_program.
    return process


def restore_elsewhere(recovery_key):
    """On a machine that has never seen the backup: a wrong password, then the recovery key."""
    process = hands.open_window("another home")
    button("Restore from an existing backup…")
    type_into("entry", "Folder that holds the backup", f"{ROOT}/other disk")
    button("Look")
    click("radio button", "Documents")
    button("Next")
    see("newest")
    button("Next: Password")
    # The password as it was before it was changed.
    type_into("password text", "Password or recovery key", PASSWORD)
    key("Return")
    see("capital letters")
    shot("wrong-password")
    type_into("password text", "Password or recovery key", recovery_key)
    key("Return")
    see("61 files")
    shot("what")
    everything = wait("everything", lambda: [name for role, name, _ in hands.on_screen() if role == "check box" and name.startswith("Everything")])
    click("check box", everything[0])
    button("Next: Where")
    click("radio button", "To another folder")
    type_into("entry", "Folder to restore to", f"{ROOT}/back")
    button("Next: Review")
    see("Nothing has been touched yet.")
    shot("review")
    button("Restore 61 files")
    see("61 files restored and verified")
    shot("result")
    button("Done")
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)
    process.wait(timeout=PATIENCE)
    same(f"{ROOT}/person/Documents", f"{ROOT}/back/Documents")


def same(one, other):
    compared = filecmp.dircmp(one, other)
    assert not (compared.left_only or compared.right_only), (compared.left_only, compared.right_only)
    _, different, unreadable = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    assert not different and not unreadable, (different, unreadable)
    for folder in compared.common_dirs:
        same(f"{one}/{folder}", f"{other}/{folder}")


def delete_backups():
    """A second one, an unencrypted archive of one file, is stopped and its version stays; the first goes with its versions once
    its name is typed."""
    button("Add backup")
    see("Selected")
    button("Next: Where")
    type_into("entry", "Path of the destination", f"{ROOT}/disk")
    button("Next: How")
    type_into("entry", "Name", "Letters")
    click("radio button", "Encryption: Password file")
    see("A strong password is made")
    button("Advanced")
    see("How it is packed")
    click("radio button", "Volumes: One file")
    see("A run that is cut off begins anew.")
    shot("advanced")
    click("radio button", "Encryption: Not encrypted")
    button("Back up now")
    see("61 of 61 files copied")
    menu("Letters", "Delete backup…")
    button("Stop, keep 1 version")
    see("its versions stay")
    assert glob.glob(f"{ROOT}/disk/Letters-*/versions/*.json")
    menu("Documents", "Delete backup…")
    see("That cannot be undone.")
    danger = [name for name in names() if name.startswith("Delete all ")][0]
    assert hands.find("push button", danger) is None, "off until the name is typed"
    type_into("entry", "Type “Documents” to confirm", "Documents")
    shot("delete")
    button(danger)
    see("Welcome to Strongroom")
    assert not glob.glob(f"{ROOT}/other disk/*"), glob.glob(f"{ROOT}/other disk/*")
    assert glob.glob(f"{ROOT}/disk/Documents-*/versions/*.json"), "what lies elsewhere is not touched"


def main():
    prepare()
    process = hands.open_window("home")
    recovery_key = first_run()
    look_at_keys()
    verify("Documents")
    see("All is well.")
    look_at_history()
    move()
    second_place()
    change_password()
    delete_a_version()
    cancel()
    find_damage()
    close_while_it_runs(process)
    start_twice(process)
    command_beside_the_window()
    quit_program(process)
    process = beside_a_command()
    quit_program(process)
    restore_elsewhere(recovery_key)
    process = hands.open_window("home")
    delete_backups()
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)
    process.wait(timeout=PATIENCE)
    print("ok")


try:
    main()
finally:
    hands.end_all()
