# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The desktop of an ordinary user in a world: a screen in memory, a session bus, and programs whose
windows are read and used by their names, as a screen reader does it.
"""

import os

from process import wait_until
from world import environment

DISPLAY, BUS = ":7", "bus"
# What has more is a list of all that could be.
MOST_CHILDREN = 500


def library():
    """That of screen readers. Only in a process of a world: the test itself has no desktop."""
    import gi  # pylint: disable=import-outside-toplevel
    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi  # pylint: disable=import-outside-toplevel
    # A program that is busy drawing answers late.
    Atspi.set_timeout(30000, 60000)
    return Atspi


def every(parent):
    """What is in it, from the outside in. Parts may go away meanwhile."""
    for number in range(min(parent.get_child_count(), MOST_CHILDREN)):
        child = parent.get_child_at_index(number)
        if child is not None:
            yield child
            yield from every(child)


def names_of(item):
    """Its own, and that of its label."""
    labels = [relation.get_target(0) for relation in item.get_relation_set()
              if relation.get_relation_type() == library().RelationType.LABELLED_BY]
    return [item.get_name() or "", *(label.get_name() or "" for label in labels)]


def is_shown(item):
    state, states = item.get_state_set(), library().StateType
    return state.contains(states.SHOWING) and state.contains(states.SENSITIVE)


def box_of(item):
    return item.get_extents(library().CoordType.SCREEN)


class Desktop:
    """Programs of one user's on one screen. Everything ends with its world.

    pictures  a folder for them, or None
    """

    def __init__(self, world, user="alice", uid=1000, size="1100x880", pictures=None):
        self.world, self.user, self.pictures = world, user, pictures
        folder = f"/run/user/{uid}"
        self.env = {**environment(user), "XDG_RUNTIME_DIR": folder, "DISPLAY": DISPLAY,
                    "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/{BUS}",
                    "GSETTINGS_BACKEND": "keyfile", "GDK_BACKEND": "x11", "GTK_THEME": "Adwaita",
                    "LIBGL_ALWAYS_SOFTWARE": "1"}
        world.call(make_place_of_sockets)
        self.start("Xvfb", DISPLAY, "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset")
        self.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={folder}/{BUS}")
        for path in (f"/tmp/.X11-unix/X{DISPLAY[1:]}", f"{folder}/{BUS}"):
            wait_until(world.path(path).exists, path)
        self.start("openbox")

    def start(self, *argv):
        return self.world.spawn(argv, self.user, env=self.env, capture=False, cwd=f"/home/{self.user}")

    def settings(self, text):
        """What the user has chosen before: the file that takes the place of dconf."""
        path = f"/home/{self.user}/.config/glib-2.0/settings/keyfile"

        def write():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        self.world.call(write, user=self.user)

    # ---- what is on the screen ----

    def look(self, function):
        """Call function with everything that is there and return what it returned."""
        def inside():
            os.environ.clear()
            os.environ.update(self.env)
            return function(library().get_desktop(0))
        return self.world.call(inside, user=self.user)

    def act(self, role, name, action, whole=False, window=""):
        """Do something with the first part of a role whose name has these words, once it is shown.

        action  is called with it; what is not true is done again
        whole   the words are all of the name
        window  words of the name of the window that has it
        """
        def is_it(item):
            names = names_of(item)
            return (name in names if whole else any(name in one for one in names)) and is_shown(item)

        def once(top):
            for program in (top.get_child_at_index(n) for n in range(top.get_child_count())):
                for number in range(program.get_child_count() if program else 0):
                    frame = program.get_child_at_index(number)
                    if frame is None or window not in (frame.get_name() or ""):
                        continue
                    for item in every(frame):
                        if item.get_role_name() == role and is_it(item):
                            return action(item)
            return None
        return wait_until(lambda: self.look(once), f"a {role} called {name!r}", pause_s=0.3)

    def wait(self, role, name, **where):
        self.act(role, name, lambda _: True, **where)

    def press(self, role, name, **where):
        """A button, or a part of a menu that is open."""
        self.act(role, name, lambda item: item.do_action(0), **where)

    def choose(self, menu, entry, role="menu", **where):
        self.press(role, menu, **where)
        self.press("menu item", entry)

    def type(self, role, name, text, **where):
        self.act(role, name, lambda item: item.set_text_contents(text), **where)

    def click(self, role, name, **where):
        """With the mouse, in the middle."""
        def click(item):
            box = box_of(item)
            return library().generate_mouse_event(box.x + box.width // 2, box.y + box.height // 2, "b1c")
        self.act(role, name, click, **where)

    def text(self, role, name, **where):
        return self.act(role, name, lambda item: item.get_text(0, -1), **where)

    def picture(self, name, window, whole=False):
        """Of a window, if there is to be one; the mouse is out of the way."""
        if not self.pictures:
            return
        self.look(lambda _: library().generate_mouse_event(1099, 879, "abs"))

        def corner(top):
            for program in (top.get_child_at_index(n) for n in range(top.get_child_count())):
                for frame in every(program):
                    title = frame.get_name() or ""
                    if frame.get_role_name() in ("frame", "dialog", "alert") and (
                            title == window if whole else window in title):
                        box = box_of(frame)
                        return box.width, box.height, box.x, box.y
            return None
        seen = [b""]

        def stands_still():
            # A new window is moved by the window manager.
            width, height, x, y = wait_until(lambda: self.look(corner), f"the window {window!r}")
            done = self.world.run(["import", "-window", "root", "-crop",
                                   f"{width}x{height}+{max(x, 0)}+{max(y, 0)}", "+repage", "-define",
                                   "png:exclude-chunks=date,time", "png:-"], self.user, env=self.env)
            assert done.code == 0, done.stderr
            seen.append(done.stdout)
            return seen[-1] == seen[-2]
        wait_until(stands_still, "the picture to stand still", pause_s=2)
        with open(os.path.join(self.pictures, f"{name}.png"), "wb") as out:
            out.write(seen[-1])


def make_place_of_sockets():
    os.makedirs("/tmp/.X11-unix", exist_ok=True)
    os.chmod("/tmp/.X11-unix", 0o1777)
