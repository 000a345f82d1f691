"""Starts `atelier serve` on a store of its own and hands out connections to it; reads pages as a parser and a browser do.

The program is the one the environment variable ATELIER names; without it, the debug build's.
"""

import os
import pathlib
import re
import signal
import subprocess
import tempfile
import uuid

import html5lib
import pymongo
import pytest

import browser

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Server:
    """A child process `atelier serve`, and where it listens."""

    def __init__(self, store, *arguments, listen="127.0.0.1:0"):
        program = os.environ.get("ATELIER", str(ROOT / ".build/debug/atelier"))
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [program, "serve", "--store", str(store), "--listen", listen, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )
        self.uri = self.process.stdout.readline().rstrip("\n")
        if not self.uri:
            self.process.wait()
            raise RuntimeError(f"atelier serve ended with {self.process.returncode}: {self.messages()}")

    def messages(self):
        self.log.seek(0)
        return self.log.read()

    def client(self, **options):
        return pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=10_000, **options)

    def stop(self, number=signal.SIGTERM):
        """Ends the process and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        return status


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("store") / "test.store")
    assert re.fullmatch(r"mongodb://127\.0\.0\.1:\d+/", server.uri), server.uri
    yield server
    assert server.stop() == 0, server.messages()


@pytest.fixture(scope="session")
def client(server):
    with server.client() as client:
        yield client


@pytest.fixture
def db(client):
    """A database of its own for each test."""
    name = "test_" + uuid.uuid4().hex[:12]
    yield client[name]
    client.drop_database(name)


@pytest.fixture(scope="module")
def tree(page):
    """The page that a module's `page` wrote, as a strict parser reads it."""
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False, strict=True)
    return parser.parse(page.read_text())


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """A browser; without Chromium the test is skipped."""
    if browser.PROGRAM is None:
        pytest.skip("there is no chromium")
    chromium = browser.Browser(tmp_path_factory.mktemp("profile"))
    yield chromium
    chromium.close()
