"""The real window and real servers: for one after the other its form is filled in, tested with what is wrong and with what is right, and
the backup kept there as well; the Storage tab says of each whether it is ready and what lies there, and which one is away.

Run inside a session bus of its own, see hands.py for what it is told. SERVERS is a list of them as JSON, each with

  name     for pictures and for what is waited for
  shown    what the Storage tab calls it
  address  typed as it is; else kind, as the form names it, and fields: what to type into each, by its label
  ca_file  what vouches for its certificate, where that is asked for
  key      of its own that is shown and accepted, where that is asked for
  wrong    a password that it does not take; secret: the one that it does
  room     whether it tells how much room it has
  new      whether its folder is still to be made
  pid      of those that are ended in the end, with all that they started

all but the first two only where there is such a thing. Ends with 0 and "ok".
"""
import json
import os
import signal
import subprocess
import time

import hands
from hands import ROOT, button, click, key, see, shot, type_text, wait

SERVERS = json.loads(os.environ["SERVERS"])
PLAN = "Documents"
CLOSE = "Close this message"
began = time.time()


def note(what):
    """How long it took up to here, for whoever looks into a slow one."""
    if hands.SHOTS:
        print(f"{time.time() - began:6.1f} s  {what}", flush=True)


def names():
    return [name for _, name, _ in hands.on_screen()]


def shows(part):
    return any(part in name for name in names())


def reach(role, name):
    """Turns the wheel until it stands between what is fast at the top and at the bottom of the page."""
    before = None
    while True:
        spot = hands.spot_of(wait(f"{role} {name}", lambda: hands.find(role, name)))
        height = hands.window_height()
        if spot is None or spot == before or 130 <= spot[1] <= height - 80:
            return
        wheel = "4" if spot[1] < 130 else "5"
        pointer = ["mousemove", "--window", hands.window(), str(hands.WIDTH // 4), str(height // 2), "click", wheel]
        subprocess.run(["xdotool", *pointer], check=True)
        time.sleep(0.4)
        before = spot


def soon(look):
    until = time.time() + 10
    while time.time() < until and not look():
        time.sleep(0.1)
    return look()


def close_messages():
    """What a run says when it ends lies over the page for a while. The pointer on it stops its clock: it is not gone when it is clicked."""
    while (node := hands.find("push button", CLOSE)) and (spot := hands.spot_of(node)):
        subprocess.run(["xdotool", "mousemove", "--window", hands.window(), str(spot[0]), str(spot[1])], check=True)
        time.sleep(0.2)
        node = hands.find("push button", CLOSE)
        if node and hands.spot_of(node) == spot:
            subprocess.run(["xdotool", "click", "1"], check=True)
            time.sleep(0.2)


def press(name):
    close_messages()
    reach("push button", name)
    button(name)


def fill(role, name, text):
    close_messages()
    reach(role, name)
    click(role, name)
    key("ctrl+a")
    type_text(text)


def prepare():
    os.makedirs(f"{ROOT}/person/Documents")
    os.makedirs(f"{ROOT}/disk")
    write("letter", 2_000_000)
    hands.open_display()


def write(name, size):
    with open(f"{ROOT}/person/Documents/{name}", "wb") as file:
        file.write(os.urandom(size))


def first_backup():
    button("Set up a backup")
    see("Documents")
    button("Next: Where")
    fill("entry", "Path of the destination", f"{ROOT}/disk")
    button("Next: How")
    click("radio button", "Encryption: Not encrypted")
    button("Back up now")
    see("1 of 1 file copied")


def another_place():
    """The page on which a further destination of the backup is chosen."""
    click("page tab", "Backups")
    # A message that comes just now lies over the menu.
    for _ in range(3):
        close_messages()
        button(f"More for {PLAN}")
        click("menu item", "Edit…")
        if soon(lambda: shows(f"Edit {PLAN}")):
            break
        key("Escape")
    see(f"Edit {PLAN}")
    button("Next: Where")
    # Where there are several already it is asked for at once.
    further = "Keep it in another place as well"
    wait("the page", lambda: shows("And in another place:") or hands.find("push button", further))
    if not shows("And in another place:"):
        press(further)
        see("And in another place:")


def say_where(server):
    if "address" in server:
        fill("entry", "Path of the destination", server["address"])
        return
    reach("combo box", "Kind of server")
    click("combo box", "Kind of server")
    click("menu item", server["kind"])
    for label, text in server["fields"].items():
        fill("entry", label, text)
    shot(f"{server['name']} 1 form")


def try_it(server):
    """The test, and all that it asks for before it can be done."""
    name = server["name"]
    press("Test connection")
    if "ca_file" in server:
        see("The server's certificate cannot be trusted")
        shot(f"{name} 2 certificate")
        fill("entry", "File with the server's certificate", server["ca_file"])
        press("Use it")
    if "key" in server:
        see(server["key"])
        shot(f"{name} 2 key")
        press("Trust this server")
    if "secret" in server:
        field = wait("to be asked for a password", lambda: [name for role, name, _ in hands.on_screen() if role == "password text"])[0]
        shot(f"{name} 3 asked")
        assert hands.find("push button", "Next: How") is None, "off until it has answered"
        if "wrong" in server:
            fill("password text", field, server["wrong"])
            press("Use it")
            see("does not take this password or key")
            shot(f"{name} 4 wrong")
        fill("password text", field, server["secret"])
        key("Return")
    note(f"{name} told")
    if server.get("new"):
        see("Is not there yet: the first backup makes it")
    else:
        see("Can be read and written")
        see(" writes ")
    note(f"{name} tested")
    if server.get("room"):
        see(" free of ")
    reach("push button", "Test connection")
    shot(f"{name} 5 works")


def add(server):
    another_place()
    say_where(server)
    try_it(server)
    button("Next: How")
    button("Save")
    # Its page goes.
    wait("the overview", lambda: hands.find("page tab", "Storage"))
    click("page tab", "Storage")
    wait_for_card(server, "Ready")
    note(f"{server['name']} ready")


def card(server):
    """What its card on the Storage tab says; empty where there is none."""
    said = names()
    heads = [other["shown"] for other in SERVERS] + ["disk"]
    if server["shown"] not in said:
        return []
    begin = said.index(server["shown"])
    end = next((at for at in range(begin + 1, len(said)) if said[at] in heads), len(said))
    return said[begin:end]


def wait_for_card(server, part):
    wait(f"{part} of {server['name']}", lambda: any(part in said for said in card(server)))


def back_up_everywhere():
    write("photo", 3_000_000)
    click("page tab", "Backups")
    button(f"Back up {PLAN} now")
    see("1 of 2 files copied")
    note("backed up")
    wait("every place to have it", lambda: not shows("the newest versions") and not shows("Cancel: "))
    note("everywhere")
    click("page tab", "Storage")
    for server in SERVERS:
        wait_for_card(server, "2 versions")
        wait_for_card(server, "Ready")
        assert not any("It lacks" in said for said in card(server)), card(server)
    note("shown everywhere")
    look_around("everywhere")


def look_around(name):
    """Pictures of the whole tab, from its top."""
    if not hands.SHOTS:
        return
    height = hands.window_height()
    for number in range(1, 12):
        shot(f"tab {name} {number}")
        before = hands.spot_of(hands.find("push button", f"Test {SERVERS[-1]['shown']}"))
        for _ in range(height // 100):
            at = ["mousemove", "--window", hands.window(), str(hands.WIDTH // 4), str(height // 2), "click", "5"]
            subprocess.run(["xdotool", *at], check=True)
        time.sleep(0.5)
        if hands.spot_of(hands.find("push button", f"Test {SERVERS[-1]['shown']}")) == before:
            break
    subprocess.run(["xdotool", "click", "--repeat", "60", "--delay", "10", "4"], check=True)
    time.sleep(0.5)


def tree(pid):
    """A process and all that it started."""
    all_of_them = [pid]
    for one in all_of_them:
        try:
            with open(f"/proc/{one}/task/{one}/children") as children:
                all_of_them += map(int, children.read().split())
        except OSError:
            pass  # Gone.
    return all_of_them


def end(server):
    for pid in tree(server["pid"]):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def lose_some():
    """Each one that is gone is said to be; the others stay."""
    gone = [server for server in SERVERS if "pid" in server]
    for server in gone:
        end(server)
        press(f"Test {server['shown']}")
        note(f"{server['name']} asked")
        wait_for_card(server, "The server does not answer.")
        note(f"{server['name']} away")
        wait_for_card(server, "Cannot be used now")
        assert not any("Ready" in said for said in card(server)), card(server)
        assert any("Check the network" in said for said in card(server)), card(server)
        reach("push button", f"Test {server['shown']}")
        shot(f"{server['name']} 6 away")
    for server in SERVERS:
        if server not in gone:
            wait_for_card(server, "Ready")
            press(f"Test {server['shown']}")
            wait_for_card(server, "Can be read and written")
            assert not any("Cannot be used now" in said for said in card(server)), card(server)
    look_around("some away")


def main():
    prepare()
    process = hands.open_window("home")
    first_backup()
    note("first backup")
    for server in SERVERS:
        add(server)
    look_around("added")
    back_up_everywhere()
    lose_some()
    subprocess.run(["wmctrl", "-c", "Strongroom"], check=True)
    button("Quit: schedules stop")
    process.wait(timeout=hands.PATIENCE)
    print("ok")


try:
    main()
finally:
    hands.end_all()
