"""The real window and the tray: closed into it, opened again from it and by a second start, asked before an end that cuts a run off; started
without a window; and the switch for starting at login.

Run on a session bus with a tray on it (tests/it/tray.rs does), see hands.py for what it is told. Ends with 0 and "ok".
"""
import os
import re
import signal
import subprocess
import time

import hands
from hands import BIN, PATIENCE, ROOT, button, click, key, see, shot, wait

HOME = "home"


def run(*words):
    told = dict(hands.environment(HOME), STRONGROOM_PASSWORD="correct horse battery staple")
    return subprocess.run([BIN, *words], env=told, capture_output=True, text=True)


def ok(*words):
    ran = run(*words)
    assert ran.returncode == 0, (words, ran.stdout, ran.stderr)


def prepare():
    os.makedirs(f"{ROOT}/person/Documents")
    with open(f"{ROOT}/person/Documents/letter.txt", "w") as letter:
        letter.write("Dear Ada")
    hands.darken(HOME)
    ok("plan", "add", "Documents", "--source", f"{ROOT}/person/Documents", "--to", f"{ROOT}/disk", "--schedule", "daily@20:00",
       "--level", "19", "--volume-size", "4M")
    hands.open_display()


def make_film():
    with open("/dev/urandom", "rb") as chance, open(f"{ROOT}/person/Documents/film.raw", "wb") as film:
        for _ in range(120):
            film.write(chance.read(1_000_000))


def item(process):
    return f"org.kde.StatusNotifierItem-{process.pid}-1"


def call(process, path, method, *arguments):
    ran = subprocess.run(["gdbus", "call", "--session", "-d", item(process), "-o", path, "-m", method, *arguments],
                         capture_output=True, text=True)
    return ran.stdout if ran.returncode == 0 else None


def click_tray(process):
    assert call(process, "/StatusNotifierItem", "org.kde.StatusNotifierItem.Activate", "1", "1") is not None


def choose(process, label):
    """An item of the tray's menu, by its whole label."""
    def number():
        layout = call(process, "/MenuBar", "com.canonical.dbusmenu.GetLayout", "--", "0", "-1", "['label']") or ""
        found = re.search(r"\((\d+), \{'label': <'" + re.escape(label) + "'>", layout)
        return found and found.group(1)
    at = wait(f"{label} in the menu", number)
    call(process, "/MenuBar", "com.canonical.dbusmenu.Event", at, "clicked", "<0>", "0")


def in_tray(process):
    wait("the icon", lambda: call(process, "/StatusNotifierItem", "org.freedesktop.DBus.Properties.Get",
                                  "org.kde.StatusNotifierItem", "Title"))


def close():
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)


def gone():
    wait("the window to close", lambda: not hands.has_window())


def back(process):
    wait("the window", hands.has_window)
    hands.resize(hands.WIDTH, hands.HEIGHT)
    assert process.poll() is None


def close_into_the_tray(process):
    """Asked once."""
    in_tray(process)
    close()
    see("Keep Strongroom in the tray?")
    shot("keep in the tray")
    button("Keep it in the tray")
    gone()
    assert process.poll() is None, "the program ended with its window"
    for _ in range(2):
        click_tray(process)
        back(process)
        see("Waiting for first backup")
        close()
        gone()
        assert process.poll() is None
    choose(process, "Open Strongroom")
    back(process)
    close()
    gone()


def second_start(process):
    second = hands.start(BIN, env=hands.environment(HOME))
    assert second.wait(timeout=PATIENCE) == 0
    back(process)


def restore(process):
    ok("backup", "Documents")
    see("Protected · 1 of 1")
    close()
    gone()
    choose(process, "Restore…")
    back(process)
    see("Restore Documents")
    key("Escape")


def autostart():
    entry = f"{ROOT}/person/.config/autostart/strongroom.desktop"
    button("Settings")
    see("When the window is closed")
    shot("settings")
    click("check box", "Start when I log in")
    wait("the entry", lambda: os.path.exists(entry))
    valid = subprocess.run(["desktop-file-validate", entry], capture_output=True, text=True)
    assert valid.returncode == 0 and not valid.stdout, valid.stdout
    with open(entry) as lines:
        text = lines.read()
    assert BIN in text and "--hidden" in text and f"STRONGROOM_HOME={ROOT}/{HOME}" in text, text
    shot("autostart")
    key("Escape")
    # Somebody takes it away: the switch says so, and puts it back.
    os.remove(entry)
    button("Settings")
    click("check box", "Start when I log in")
    wait("the entry again", lambda: os.path.exists(entry))
    click("check box", "Start when I log in")
    wait("it to be gone", lambda: not os.path.exists(entry))
    key("Escape")


def quit_while_it_runs(process):
    """From the tray, without a window: it is asked first."""
    make_film()
    button("Back up Documents now")
    see("Cancel: Backing up Documents")
    close()
    gone()
    choose(process, "Quit: schedules stop")
    back(process)
    see("A backup is still running")
    shot("quit while it runs")
    button("Cancel")
    see("Cancel: Backing up Documents")
    assert process.poll() is None
    choose(process, "Quit: schedules stop")
    see("A backup is still running")
    button("Quit: schedules stop")
    assert process.wait(timeout=PATIENCE) == 0


def hidden():
    """Without a window from the start; another start opens it."""
    process = hands.start(BIN, "--hidden", env=hands.environment(HOME))
    in_tray(process)
    assert not hands.has_window()
    again = hands.start(BIN, "--hidden", env=hands.environment(HOME))
    assert again.wait(timeout=PATIENCE) == 0
    assert not hands.has_window(), "a second hidden start opens nothing"
    second_start(process)
    see("1 of 1")
    close()
    gone()
    choose(process, "Quit: schedules stop")
    assert process.wait(timeout=PATIENCE) == 0


def loses_the_bus():
    """Nothing goes on by itself: a window that is closed stays in the tray, and ends where the bus has gone, and the tray with it."""
    told = dict(hands.environment("other"), DBUS_SESSION_BUS_ADDRESS=os.environ["BUS_THAT_GOES"])
    os.makedirs(f"{ROOT}/other/config", mode=0o700)
    with open(f"{ROOT}/other/config/settings.toml", "w") as settings:
        settings.write("version = 1\n[settings]\nkeep_running = true\n")
    ran = subprocess.run([BIN, "plan", "add", "Notes", "--source", f"{ROOT}/person/Documents", "--to", f"{ROOT}/notes"],
                         env=dict(told, STRONGROOM_PASSWORD="correct horse battery staple"), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    process = hands.start(BIN, env=told)
    address = ["gdbus", "call", "--address", os.environ["BUS_THAT_GOES"], "-d", item(process), "-o", "/StatusNotifierItem", "-m"]

    def on_that_bus(*call):
        return subprocess.run([*address, *call], capture_output=True).returncode == 0
    wait("the icon there", lambda: on_that_bus("org.freedesktop.DBus.Properties.Get", "org.kde.StatusNotifierItem", "Title"))
    back(process)
    # It is known by then that somebody shows it: closing leaves it there.
    for _ in range(2):
        close()
        gone()
        assert process.poll() is None
        assert on_that_bus("org.kde.StatusNotifierItem.Activate", "1", "1")
        back(process)
    os.kill(int(os.environ["ITS_PID"]), signal.SIGKILL)

    def ends():
        """That it has gone may be heard after the window was closed: then it is opened once more."""
        close()
        for _ in range(50):
            if process.poll() is not None:
                return True
            time.sleep(0.1)
        # Not waited for: where the first one ends just now, this is one by itself.
        if not hands.has_window():
            hands.start(BIN, env=told)
            wait("a window", hands.has_window)
        return process.poll() is not None
    wait("its end", ends)
    assert process.returncode == 0


def main():
    prepare()
    process = hands.open_window(HOME)
    close_into_the_tray(process)
    second_start(process)
    restore(process)
    autostart()
    quit_while_it_runs(process)
    hidden()
    loses_the_bus()
    print("ok")


try:
    main()
finally:
    hands.end_all()
