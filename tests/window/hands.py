"""A person's hands and eyes at the real window: found by role and name through AT-SPI, clicked and typed into by xdotool.

Needs a session bus of its own; BIN is the program, ROOT an empty folder. For pictures: SHOTS is a folder for them, SIZE the
window's size, DARK=1 its appearance (all optional).
"""
import os
import subprocess
import sys
import time
import warnings

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

warnings.simplefilter("ignore")
BIN, ROOT = os.environ["BIN"], os.environ["ROOT"]
SHOTS = os.environ.get("SHOTS")
WIDTH, HEIGHT = map(int, os.environ.get("SIZE", "900x600").split("x"))
DARK = os.environ.get("DARK") == "1"
PATIENCE = 90
started = []
clicks = 0


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
    """Role, name and node of all that the program shows now: on this bus nobody else shows anything."""
    desktop = Atspi.get_desktop(0)
    desktop.clear_cache()
    found = []
    for index in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(index)
        if application is None:
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
            try:
                states = node.get_state_set()
            except GLib.GError:
                return None  # Gone since it was listed.
            if states.contains(Atspi.StateType.ENABLED) or role in ("label",):
                return node
    return None


def spot_of(node):
    """Its middle; None where it is gone."""
    try:
        box = node.get_component_iface().get_extents(Atspi.CoordType.WINDOW)
    except GLib.GError:
        return None
    return (box.x + box.width // 2, box.y + box.height // 2)


def see(part):
    wait(part, lambda: any(part in name for _, name, _ in on_screen()))


def window():
    for _ in range(100):
        ids = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^Strongroom$"], capture_output=True, text=True)
        if ids.stdout.split():
            return ids.stdout.split()[-1]
        time.sleep(0.1)
    wait("a window", lambda: None)


def window_height():
    told = subprocess.run(["xdotool", "getwindowgeometry", "--shell", window()], capture_output=True, text=True).stdout
    return int(next(line for line in told.splitlines() if line.startswith("HEIGHT=")).split("=")[1])


def has_window():
    ids = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^Strongroom$"], capture_output=True, text=True)
    return bool(ids.stdout.split())


def click(role, name):
    global clicks
    clicks += 1
    node = wait(f"{role} {name}", lambda: find(role, name))
    # Where it stands may still be moving: once it stands still.
    before = spot = None
    for _ in range(50):
        spot = spot_of(node)
        if spot is None:
            node = wait(f"{role} {name}", lambda: find(role, name))
        elif spot == before:
            break
        before = spot
        time.sleep(0.05)
    if spot is None:
        wait(f"{role} {name} to stay", lambda: None)
    # Below the fold, or behind what stands fast at the top and the bottom of a page: turn the wheel until it is there.
    while role in ("radio button", "check box", "entry", "combo box"):
        height = window_height()
        if 130 <= spot[1] <= height - 80:
            break
        wheel = "4" if spot[1] < 130 else "5"
        subprocess.run(
            ["xdotool", "mousemove", "--window", window(), str(WIDTH // 4), str(height // 2), "click", wheel], check=True
        )
        time.sleep(0.4)
        before, spot = spot, spot_of(node) or spot
        if spot == before:
            break
    subprocess.run(["xdotool", "mousemove", "--window", window(), str(spot[0]), str(spot[1]), "click", "1"], check=True)
    time.sleep(0.2)


def button(name):
    click("push button", name)


def key(*names):
    subprocess.run(["xdotool", "key", *names], check=True)
    time.sleep(0.15)


def type_text(text):
    """Into whatever has the focus."""
    subprocess.run(["xdotool", "type", "--delay", "4", text], check=True)
    time.sleep(0.2)


def type_into(role, name, text):
    click(role, name)
    key("ctrl+a")
    type_text(text)


def shot(name):
    if SHOTS:
        subprocess.run(["import", "-window", "root", f"{SHOTS}/{name}.png"])


def environment(home):
    """What the program is told of a person whose own files lie in this home."""
    told = dict(os.environ, HOME=f"{ROOT}/person", STRONGROOM_HOME=f"{ROOT}/{home}")
    for unwanted in ("WAYLAND_DISPLAY", "STRONGROOM_PASSWORD"):
        told.pop(unwanted, None)
    return told


def resize(width, height):
    wid = window()
    subprocess.run(["xdotool", "windowsize", "--sync", wid, str(width), str(height)])
    subprocess.run(["xdotool", "windowfocus", "--sync", wid])


def darken(home):
    """Before anything else is written there."""
    if DARK and not os.path.exists(f"{ROOT}/{home}/config/settings.toml"):
        os.makedirs(f"{ROOT}/{home}/config", mode=0o700, exist_ok=True)
        with open(f"{ROOT}/{home}/config/settings.toml", "w") as settings:
            settings.write('version = 1\n[settings]\nappearance = "dark"\n')


def open_window(home, width=WIDTH, height=HEIGHT):
    darken(home)
    process = start(BIN, env=environment(home))
    resize(width, height)
    return process


def end_all():
    for process in reversed(started):
        if process.poll() is None:
            process.terminate()


def open_display(size=f"{WIDTH + 100}x{HEIGHT + 100}"):
    """A screen with a window manager, and the bus on which the window tells what it shows."""
    display = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"],
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
