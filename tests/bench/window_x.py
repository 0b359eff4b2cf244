"""The screen and the window of tests/bench/window: starting, driving, and seeing when something is painted."""
import mmap, os, select, signal, struct, subprocess, sys, time

try:
    from Xlib import X, XK
    from Xlib.display import Display
    from Xlib.ext import damage, xtest
except ImportError:
    sys.exit('python-xlib is missing: pip install python-xlib')

TITLE = 'Strongroom'
# Of src/ui/theme/tokens.rs, light, which an X server without a desktop gets.
ACCENTS = {(0x1F, 0x5F, 0xBF), (0x1A, 0x52, 0xA6)}
TOP_BAR, FOOTER, PRIMARY = 56, 64, 36
# Presses of the Tab key from the start of the Backups tab to "Restore…" of its only card: four tabs, Settings, Activity, the two
# buttons of the heading, the card's menu, then it.
RESTORE_STOP = 10
# An input that has painted nothing by then paints nothing.
LIMIT = 3.0
# No frame for so long: what came before is over.
QUIET = 0.04


class NoPaint(Exception):
    pass


class Missing(Exception):
    """Something that was waited for did not come."""


class Screen:
    def __init__(self, name, scratch):
        if not any(os.access(os.path.join(folder, 'Xvfb'), os.X_OK) for folder in os.environ.get('PATH', '').split(':')):
            sys.exit('Xvfb is missing: apt-get install xvfb')
        self.log = open(os.path.join(scratch, 'log'), 'ab')
        self.windows = []
        read, write = os.pipe()
        command = ['Xvfb', *([name] if name else []), '-displayfd', str(write), '-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-noreset', '-fbdir', scratch]
        self.server = subprocess.Popen(command, pass_fds=[write], stdout=self.log, stderr=self.log)
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            sys.exit('Xvfb did not start' + (f': is {name} taken?' if name else ''))
        self.name = ':' + number
        self.frame = Frame(os.path.join(scratch, 'Xvfb_screen0'))
        self.display = Display(self.name)
        for extension in ['DAMAGE', 'XTEST']:
            if not self.display.has_extension(extension):
                sys.exit(f'this X server has no {extension}')
        self.display.damage_query_version()
        self.root = self.display.screen().root
        self.root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self.display.sync()

    def open(self, binary, env):
        """The window, and the seconds from starting the process to its first frame that is not blank."""
        begun = time.monotonic()
        process = subprocess.Popen([binary], env=env, stdout=self.log, stderr=self.log)
        window = Window(self, process)
        self.windows.append(window)
        return window, window.appear(begun)

    def end(self, window):
        self.windows.remove(window)
        window.process.send_signal(signal.SIGTERM)
        try:
            window.process.wait(10)
        except subprocess.TimeoutExpired:
            window.process.kill()
            window.process.wait()
        self.drain()

    def drain(self):
        while self.display.pending_events():
            self.display.next_event()

    def event(self, until):
        """The next event and when it came; None when the time is over."""
        while not self.display.pending_events():
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.display.fileno()], [], [], left)[0]:
                return None, time.monotonic()
        return self.display.next_event(), time.monotonic()

    def close(self):
        try:
            for window in list(self.windows):
                self.end(window)
        finally:
            self.server.terminate()
            self.server.wait()
            self.log.close()


class Frame:
    """What the screen shows, from the server's own memory: asking for pictures would be slower than what is measured."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # The header of an XWD file: 25 numbers, then the colours, 12 bytes each.
        header = struct.unpack('>25I', self.memory[:100])
        self.stride, self.start = header[12], header[0] + 12 * header[19]
        if header[11] != 32 or header[7] != 0:
            sys.exit('this Xvfb keeps its picture in an unknown way')

    def look(self, x, y, width, height):
        """Pixels as blue, green, red, unused."""
        first = self.start + y * self.stride + 4 * x
        return b''.join(self.memory[at:at + 4 * width] for at in range(first, first + height * self.stride, self.stride))


class Window:
    """Coordinates are the window's; it has no frame and the screen is larger than it."""

    def __init__(self, screen, process):
        self.screen, self.display, self.process, self.pid = screen, screen.display, process, process.pid
        self.window, self.watched, self.left, self.top = None, {}, 0, 0

    def appear(self, begun):
        until = begun + 30
        while True:
            event, at = self.screen.event(until)
            if event is None or self.process.poll() is not None:
                sys.exit('no window came: ' + (f'exit code {self.process.returncode}' if self.process.poll() is not None else 'too slow'))
            if event.type == X.CreateNotify:
                event.window.damage_create(damage.DamageReportRawRectangles)
                self.watched[event.window.id] = event.window
                self.display.flush()
            elif self.is_damage(event) and event.drawable.id in self.watched:
                candidate = self.watched[event.drawable.id]
                geometry = candidate.get_geometry()
                if geometry.width < 600 or candidate.get_attributes().map_state != X.IsViewable:
                    continue
                self.window, self.width, self.height = candidate, geometry.width, geometry.height
                corner = self.screen.root.translate_coords(candidate, 0, 0)
                self.left, self.top = corner.x, corner.y
                picture = self.look(self.bar())
                if len({picture[i:i + 3] for i in range(0, len(picture), 4)}) > 8:
                    return at - begun

    def is_damage(self, event):
        return event.type == self.display.extension_event.DamageNotify

    def is_paint(self, event):
        return event is not None and self.is_damage(event) and event.drawable.id == self.window.id

    def look(self, area):
        x, y, width, height = area
        return self.screen.frame.look(x + self.left, y + self.top, width, height)

    def whole(self):
        return 0, 0, self.width, self.height

    def bar(self):
        """Where the tabs are, without Activity's count, which changes by itself."""
        return 0, 0, 520, TOP_BAR

    def focus(self):
        self.window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self.display.sync()

    def quiet(self, seconds=QUIET, limit=1.0):
        """Waits until nothing has been painted for a while."""
        begun = last = time.monotonic()
        while time.monotonic() - begun < limit:
            event, at = self.screen.event(last + seconds)
            if event is None:
                return
            if self.is_paint(event):
                last = at

    def count_paints(self, seconds):
        until, count = time.monotonic() + seconds, 0
        while True:
            event, _ = self.screen.event(until)
            if event is None:
                return count
            # A frame may be put in strips.
            count += self.is_paint(event) and event.area.y == 0

    def fake(self, kind, detail=0, at=None):
        where = {'x': at[0] + self.left, 'y': at[1] + self.top} if at else {}
        self.display.xtest_fake_input(kind, detail, **where)

    def timed(self, watch, act):
        """Seconds from an input to the paint that shows it."""
        self.quiet()
        before = self.look(watch)
        act()
        begun = self.acted = time.monotonic()
        self.display.flush()
        while True:
            event, at = self.screen.event(begun + LIMIT)
            if event is None:
                raise NoPaint
            if self.is_paint(event) and self.look(watch) != before:
                return at - begun

    def keycode(self, name):
        return self.display.keysym_to_keycode(XK.string_to_keysym(name))

    def key(self, name, watch, ctrl=False):
        code, control = self.keycode(name), self.keycode('Control_L')
        if ctrl:
            self.fake(X.KeyPress, control)
            self.display.flush()
        try:
            return self.timed(watch, lambda: self.fake(X.KeyPress, code))
        finally:
            self.fake(X.KeyRelease, code)
            if ctrl:
                self.fake(X.KeyRelease, control)
            self.display.flush()

    def press(self, name, ctrl=False):
        """A key whose effect is waited for, not measured."""
        try:
            self.key(name, self.whole(), ctrl)
        except NoPaint:
            pass
        self.quiet(0.1)

    def place(self, x, y):
        self.fake(X.MotionNotify, at=(x, y))
        self.display.flush()
        self.quiet(0.1)

    def park(self):
        """The pointer where nothing is."""
        self.place(self.width + 40, self.height + 40)

    def move(self, x, y, watch):
        return self.timed(watch, lambda: self.fake(X.MotionNotify, at=(x, y)))

    def click(self, x, y, watch):
        """From letting go, which is when a button acts."""
        self.place(x, y)
        self.fake(X.ButtonPress, 1)
        self.display.flush()
        try:
            return self.timed(watch, lambda: self.fake(X.ButtonRelease, 1))
        finally:
            self.quiet()

    def click_at(self, x, y):
        try:
            return self.click(x, y, self.whole())
        except NoPaint:
            return None

    def wheel(self, down, watch):
        button = 5 if down else 4
        try:
            return self.timed(watch, lambda: (self.fake(X.ButtonPress, button), self.fake(X.ButtonRelease, button)))
        finally:
            # The wheel's way is spread over several frames.
            self.quiet(0.1)

    def jump(self, x, y, list_area):
        """Presses on the scroll bar. Seconds until it has moved, and until rows are there."""
        self.place(x, y)
        try:
            moved = self.timed(list_area, lambda: self.fake(X.ButtonPress, 1))
            left, top, width, height = list_area
            lines = [(left + 60, top + at, width // 2, 28) for at in (28, height // 2, height - 84)]
            try:
                return moved, self.wait('rows', lambda: all(self.is_drawn(line) for line in lines), 10)
            except Missing:
                return moved, None
        finally:
            self.fake(X.ButtonRelease, 1)
            self.display.flush()
            self.quiet()

    def find_tabs(self):
        """Middles of the four tabs, from the line below the chosen one."""
        middles = []
        for n in range(4):
            self.press(str(n + 1), ctrl=True)
            line = self.accent((0, TOP_BAR - 2, self.width, 1))
            if not line:
                sys.exit(f'no tab is marked after Ctrl+{n + 1}: does the window have the focus?')
            middles.append(((line[0] + line[2]) // 2, TOP_BAR // 2))
        if len(set(middles)) != 4:
            sys.exit('Ctrl+1 to 4 do not choose four tabs')
        return middles

    def accent(self, area):
        """Bounds of the pixels in the accent colour."""
        x, y, width, _ = area
        data = self.look(area)
        found = [i // 4 for i in range(0, len(data), 4) if (data[i + 2], data[i + 1], data[i]) in ACCENTS]
        if not found:
            return None
        columns, lines = [i % width for i in found], [i // width for i in found]
        return x + min(columns), y + min(lines), x + max(columns), y + max(lines)

    def open_tree(self):
        """From the Backups tab to the list of a folder; seconds of the two steps that read the catalog."""
        self.press('1', ctrl=True)
        for _ in range(RESTORE_STOP):
            self.press('Tab')
        self.press('Return')
        self.wait('the restore pages: has the order of the Tab key changed? (RESTORE_STOP)', lambda: self.next_button())
        x, y, width, height = self.list_area()[0]
        line = lambda row: (x + 60, y + 28 * row, width // 2, 28)
        self.click_at(*self.next_button())
        page = self.wait('the files of the version', lambda: self.is_drawn(line(0)))
        # The source's row, then the row of the folder in it: the triangle after the box.
        self.click_at(x + 40, y + 14)
        self.wait('the folder of the source', lambda: self.is_drawn(line(1)))
        self.click_at(x + 60, y + 14 + 28)
        folder = self.wait('the files of the folder', lambda: self.is_drawn(line(height // 28 - 1)))
        self.park()
        return {'page_seconds': page, 'folder_seconds': folder}

    def wait(self, what, there, limit=60):
        """Seconds from the input that was given last until `there`."""
        while time.monotonic() < self.acted + limit:
            if there():
                return time.monotonic() - self.acted
            time.sleep(0.005)
        raise Missing(what)

    def is_drawn(self, area):
        """Text, not only the dots of what has yet to come."""
        picture = self.look(area)
        ground = picture[:3]
        return sum(picture[i:i + 3] != ground for i in range(0, len(picture), 4)) > 100

    def next_button(self):
        """The middle of the filled button in the footer."""
        found = self.accent((self.width // 2, self.height - FOOTER + 4, self.width // 2, FOOTER - 8))
        return found and found[3] - found[1] > PRIMARY // 2 and ((found[0] + found[2]) // 2, (found[1] + found[3]) // 2)

    def focus_list(self):
        """By the Tab key, until the list has its ring."""
        x, y, _, height = self.list_area()[0]
        for _ in range(30):
            self.press('Tab')
            if self.accent((x - 3, y + height // 2, 6, 1)):
                return
        sys.exit('the list does not get the focus')

    def list_area(self):
        """The list on the page of files, and the middle of its scroll bar."""
        margin = 24 + max(0, (self.width - 48 - 1040) // 2)
        x, y = margin + 13, TOP_BAR + 8 + 40 + 8 + 9
        width, height = self.width - 2 * x, self.height - FOOTER - 8 - 9 - y
        return (x, y, width, height), x + width - 6

    def save(self, path):
        data = self.look(self.whole())
        with open(path, 'wb') as file:
            file.write(f'P6 {self.width} {self.height} 255\n'.encode())
            file.write(b''.join(bytes((data[i + 2], data[i + 1], data[i])) for i in range(0, len(data), 4)))
