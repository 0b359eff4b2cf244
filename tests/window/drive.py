"""The real window, used as a person uses it: found by role and name through AT-SPI, clicked and typed into by xdotool.

Run inside a session bus of its own (tests/it/window.rs does): BIN the program, ROOT an empty folder, SHOTS a folder for
pictures (optional). Ends with 0 and "ok", else says what it waited for and what was on the screen.
"""
import filecmp
import os
import subprocess
import sys
import time
import warnings

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

warnings.simplefilter("ignore")
BIN, ROOT = os.environ["BIN"], os.environ["ROOT"]
SHOTS = os.environ.get("SHOTS")
PASSWORD = "correct horse battery staple"
PATIENCE = 90
started = []


def start(*command, **more):
    process = subprocess.Popen(command, stdout=more.pop("stdout", subprocess.DEVNULL), stderr=subprocess.DEVNULL, **more)
    started.append(process)
    return process


def nodes(node):
    """A node and all below it."""
    yield node
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is not None:
            yield from nodes(child)


def on_screen():
    """Role, name and node of all that the program shows now."""
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()
    found = []
    for index in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(index)
        if application is None or (application.get_name() or "").lower() != "strongroom":
            continue
        application.clear_cache()
        try:
            found += [(node.get_role_name(), node.get_name() or "", node) for node in nodes(application)]
        except Exception:
            continue  # It changed while it was read.
    return found


def wait(what, look):
    until = time.time() + PATIENCE
    while time.time() < until:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    shot("failed")
    print(f"waited for {what!r}; on the screen:")
    for role, name, _ in on_screen():
        if name:
            print(f"  {role}: {name}")
    sys.exit(1)


def find(role, name):
    for found_role, found_name, node in on_screen():
        if found_role == role and found_name == name:
            states = node.get_state_set()
            if states.contains(Atspi.StateType.ENABLED) or role in ("label",):
                return node
    return None


def see(part):
    wait(part, lambda: any(part in name for _, name, _ in on_screen()))


def window():
    for _ in range(100):
        ids = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^Strongroom$"], capture_output=True, text=True)
        if ids.stdout.split():
            return ids.stdout.split()[-1]
        time.sleep(0.1)
    wait("a window", lambda: None)


def has_window():
    ids = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^Strongroom$"], capture_output=True, text=True)
    return bool(ids.stdout.split())


def click(role, name):
    node = wait(f"{role} {name}", lambda: find(role, name))
    # Where it stands may still be moving: once it stands still.
    before = None
    for _ in range(50):
        box = node.get_component_iface().get_extents(Atspi.CoordType.WINDOW)
        spot = (box.x + box.width // 2, box.y + box.height // 2)
        if spot == before:
            break
        before = spot
        time.sleep(0.05)
    subprocess.run(["xdotool", "mousemove", "--window", window(), str(spot[0]), str(spot[1]), "click", "1"], check=True)
    time.sleep(0.2)


def button(name):
    click("push button", name)


def key(*names):
    subprocess.run(["xdotool", "key", *names], check=True)
    time.sleep(0.15)


def type_into(role, name, text):
    click(role, name)
    key("ctrl+a")
    subprocess.run(["xdotool", "type", "--delay", "4", text], check=True)
    time.sleep(0.2)


def shot(name):
    if SHOTS:
        subprocess.run(["import", "-window", "root", f"{SHOTS}/{name}.png"])


def open_window(home):
    environment = dict(os.environ, HOME=f"{ROOT}/person", STRONGROOM_HOME=f"{ROOT}/{home}")
    for unwanted in ("WAYLAND_DISPLAY", "STRONGROOM_PASSWORD"):
        environment.pop(unwanted, None)
    process = start(BIN, env=environment)
    wid = window()
    subprocess.run(["xdotool", "windowsize", "--sync", wid, "900", "600"])
    subprocess.run(["xdotool", "windowfocus", "--sync", wid])
    return process


def prepare():
    os.makedirs(f"{ROOT}/person/Documents/Letters")
    os.makedirs(f"{ROOT}/disk")
    for number in range(60):
        with open(f"{ROOT}/person/Documents/Letters/letter {number}.txt", "w") as file:
            file.write(f"Dear {number},\n" * 50)
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1000x700x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    started.append(display)
    os.environ["DISPLAY"] = ":" + display.stdout.readline().strip()
    os.environ["GSETTINGS_BACKEND"] = "memory"
    start("openbox")
    start("/usr/libexec/at-spi-bus-launcher")
    switch = ["gdbus", "call", "--session", "-d", "org.a11y.Bus", "-o", "/org/a11y/bus", "-m",
              "org.freedesktop.DBus.Properties.Set", "org.a11y.Status", "IsEnabled", "<true>"]
    for _ in range(50):
        if subprocess.run(switch, capture_output=True).returncode == 0:
            break
        time.sleep(0.1)
    Atspi.init()


def first_run():
    button("Set up a backup")
    see("Documents")
    button("Next: Where")
    type_into("entry", "Path of the destination", f"{ROOT}/disk")
    button("Next: How")
    type_into("password text", "Password", PASSWORD)
    type_into("password text", "Password again", PASSWORD)
    shot("how")
    button("Back up now")
    see("60 of 60 files copied")
    shot("backed-up")


def close_while_it_runs(process):
    # Enough that a run lasts: read in small steps by a program that is in no hurry.
    with open("/dev/urandom", "rb") as chance, open(f"{ROOT}/person/Documents/film.raw", "wb") as film:
        for _ in range(20):
            film.write(chance.read(10_000_000))
    button("Back up Documents now")
    see("Cancel: Backing up Documents")
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)
    if not any("Keep backing up" in name for _, name, _ in on_screen()):
        wait("the question", lambda: find("push button", "Keep backing up in the background"))
    shot("closing")
    button("Keep backing up in the background")
    wait("the window to close", lambda: not has_window())
    assert process.poll() is None, "the program ended with its window"
    again = open_window("home")
    again.wait(timeout=PATIENCE)
    assert process.poll() is None, "the first program did not live on"
    # Whether it is still running or has ended meanwhile: the run was not cut off.
    see("Protected · 1 of 1")
    wait("the end of the run", lambda: not any("Cancel: Backing up" in name for _, name, _ in on_screen()))
    see("2 versions")
    shot("open-again")


def quit_program(process):
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)
    button("Quit: schedules stop")
    process.wait(timeout=PATIENCE)


def restore_elsewhere():
    process = open_window("another home")
    button("Restore from an existing backup…")
    type_into("entry", "Folder that holds the backup", f"{ROOT}/disk")
    button("Look")
    click("radio button", "Documents")
    button("Next")
    type_into("password text", "Password or recovery key", "wrong")
    key("Return")
    see("capital letters")
    shot("wrong-password")
    type_into("password text", "Password or recovery key", PASSWORD)
    key("Return")
    see("newest")
    button("Next: What")
    see("61 files")
    shot("what")
    everything = wait("everything", lambda: [name for role, name, _ in on_screen() if role == "check box" and name.startswith("Everything")])
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


def same(one, other):
    compared = filecmp.dircmp(one, other)
    assert not (compared.left_only or compared.right_only), (compared.left_only, compared.right_only)
    _, different, unreadable = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    assert not different and not unreadable, (different, unreadable)
    for folder in compared.common_dirs:
        same(f"{one}/{folder}", f"{other}/{folder}")


def main():
    prepare()
    process = open_window("home")
    first_run()
    close_while_it_runs(process)
    quit_program(process)
    restore_elsewhere()
    same(f"{ROOT}/person/Documents", f"{ROOT}/back/Documents")
    print("ok")


try:
    main()
finally:
    for process in reversed(started):
        if process.poll() is None:
            process.terminate()
