"""What tests/bench/window works on: files, homes, plans; and what a process uses."""
import os, platform, random, subprocess

PASSWORD = 'correct horse battery staple'


def make_files(root, count):
    """Files of 1 to 40 KiB in folders of 200: two thirds text-like, one third random."""
    rng = random.Random('window')
    words = [''.join(rng.choice('etaoinshrdlucmfwypvbgkqjxz') for _ in range(rng.randint(2, 11))) for _ in range(4000)]
    for n in range(count):
        folder = os.path.join(root, f'{n // 200:04}')
        if n % 200 == 0:
            os.makedirs(folder)
        size = rng.randint(1 << 10, 40 << 10)
        content = rng.randbytes(size) if n % 3 == 0 else ' '.join(rng.choices(words, k=size // 7)).encode()
        with open(os.path.join(folder, f'file {n:06}.txt'), 'wb') as file:
            file.write(content)


def make_rows(root, count):
    """Empty files in one folder of the source."""
    folder = os.path.join(root, 'many')
    os.makedirs(folder)
    for n in range(count):
        os.close(os.open(os.path.join(folder, f'row {n:07}.dat'), os.O_CREAT | os.O_WRONLY, 0o644))


def home(root, display):
    """An environment in which Strongroom knows nothing and finds no desktop."""
    os.makedirs(root + '/run', mode=0o700)
    env = {name: value for name, value in os.environ.items() if not name.startswith(('XDG_', 'STRONGROOM_', 'WAYLAND_'))}
    env.update(HOME=root, STRONGROOM_HOME=root + '/home', XDG_RUNTIME_DIR=root + '/run', DISPLAY=display, STRONGROOM_PASSWORD=PASSWORD,
               DBUS_SESSION_BUS_ADDRESS='unix:path=/nonexistent')
    return env


def add_plan(binary, env, name, source, destination):
    os.makedirs(destination)
    subprocess.run([binary, '-q', 'plan', 'add', name, '--source', source, '--to', destination], env=env, check=True, stdout=subprocess.DEVNULL)


def resident(pid):
    """Bytes of memory in use."""
    with open(f'/proc/{pid}/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def processor(pid):
    """Seconds of processor time of all threads so far, without and within the system."""
    with open(f'/proc/{pid}/stat') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def machine(binary):
    version = subprocess.run([binary, '--version'], capture_output=True, text=True, check=True).stdout.strip()
    return {'cores': os.cpu_count(), 'kernel': platform.release(), 'version': version, 'load_before': os.getloadavg()[0]}
