"""The log of what was shown: what is in it, and what happens when it is cut, full or to be forgotten."""

import json
import os
import signal
import subprocess
import time
import unittest
import zlib

import marquee as m
import serving


def lines_of(folder):
    """Every line of every segment, each with the right checksum."""
    lines = []
    for segment in sorted(folder.glob("*.feedback")):
        for line in segment.read_bytes().splitlines():
            checksum, text = line[:8], line[9:]
            assert int(checksum, 16) == zlib.crc32(text), line
            lines.append(json.loads(text))
    return lines


class Exposures(serving.Case):
    def setUp(self):
        super().setUp()
        self.log = self.dir / "exposures"

    def logged(self, count, folder=None):
        m.wait_until(lambda: len(lines_of(folder or self.log)) >= count)
        return lines_of(folder or self.log)

    def event(self, server, user, title, **more):
        return self.answer(server, "POST", "/v1/events", {
            "event_id": f"{user}-{title}", "user_id": user, "title_id": title, **more})

    def test_what_is_shown_and_what_comes_of_it(self):
        server = self.server("--exposures", self.log)
        self.event(server, "somebody", "t3", event="complete")
        page = self.answer(server, "POST", "/v1/page", {"user_id": "somebody"})
        answer = self.answer(server, "POST", "/v1/recommend", {"history": ["t1"], "k": 3, "id": "mine"})
        self.assertEqual(answer["id"], "mine")
        self.assertNotEqual(page["request_id"], answer["request_id"])
        self.event(server, "somebody", "t7", event="play", value=0.5, timestamp=1_700_000_000,
                   request_id=page["request_id"])
        first, shown, listed, event = self.logged(4)
        self.assertEqual((first["kind"], first["title_id"], first["event"]), ("event", "t3", "complete"))
        self.assertNotIn("request_id", first)
        self.assertEqual((shown["kind"], shown["request_id"]), ("shown", page["request_id"]))
        self.assertEqual((shown["bundle"], shown["policy"]), (page["model"], "fixed"))
        self.assertEqual([row["row"] for row in shown["rows"]], [row["kind"] for row in page["rows"]])
        for row, answered in zip(shown["rows"], page["rows"]):
            self.assertEqual(row["titles"], [item["title_id"] for item in answered["items"]])
            self.assertEqual(row["propensity"], 1)
        self.assertLess(abs(shown["at"] / 1000 - time.time()), 60)
        self.assertNotIn("user", listed)
        self.assertEqual(listed["rows"][0]["row"], "list")
        self.assertEqual((event["request_id"], event["value"], event["timestamp"]),
                         (page["request_id"], 0.5, 1_700_000_000))
        self.assertEqual(first["user"], shown["user"])
        self.assertTrue(m.wait_until(
            lambda: "marquee_exposure_lines_total 4" in self.answer(server, "GET", "/metrics"), timeout=30))
        _, err = server.end()
        for path in self.log.iterdir():
            self.assertNotIn(b"somebody", path.read_bytes())
            self.assertEqual(path.stat().st_mode & 0o077 if path.name != "lock" else 0, 0, path)
        # The same member has the same name after a restart.
        server = self.server("--exposures", self.log)
        self.answer(server, "POST", "/v1/page", {"user_id": "somebody"})
        self.assertEqual(self.logged(5)[-1]["user"], first["user"])

    def test_without_it_nothing_changes(self):
        server = self.server()
        self.assertNotIn("request_id", self.answer(server, "POST", "/v1/page", {"history": ["t1"]}))
        self.event(server, "u", "t1", request_id="ours")
        self.assertEqual(self.answer(server, "GET", "/v1/users/u")["history"][0]["title_id"], "t1")

    def test_plain_user_ids_where_configured(self):
        server = self.server("--exposures", self.log, "--set", "exposures.user_ids=plain")
        self.answer(server, "POST", "/v1/page", {"user_id": 'a "quoted" one'})
        self.assertEqual(self.logged(1)[0]["user"], 'a "quoted" one')
        self.answer(server, "DELETE", "/v1/users/a%20%22quoted%22%20one")
        self.assertEqual(lines_of(self.log), [])

    def test_a_torn_tail_is_cut_off_and_said(self):
        server = self.server("--exposures", self.log)
        for _ in range(3):
            self.answer(server, "POST", "/v1/page", {"history": ["t1"]})
        self.logged(3)
        server.end(signal.SIGKILL)
        segment, = self.log.glob("*.feedback")
        whole = segment.read_bytes()
        for torn in (whole[:-1], whole[:-40], whole + b"0000", whole + whole[:100],
                     whole[:-20] + b"x" + whole[-19:]):
            segment.write_bytes(torn)
            server = self.server("--exposures", self.log)
            _, err = server.end()
            self.assertIn("were not written completely, and were cut off", err)
            kept = 3 if torn.startswith(whole) else 2
            self.assertEqual(len(lines_of(self.log)), kept)
        segment.write_bytes(whole)
        server = self.server("--exposures", self.log)
        _, err = server.end()
        self.assertNotIn("cut off", err)

    def test_a_member_is_forgotten_in_every_segment(self):
        server = self.server("--exposures", self.log, "--set", "exposures.segment_mib=1")
        for user in ("gone", "stays"):
            self.event(server, user, "t2")
        # Enough for a second file.
        for i in range(2_200):
            self.answer(server, "POST", "/v1/page", {"user_id": ("gone", "stays")[i % 2]})
        lines = self.logged(2_202)
        self.assertGreater(len(list(self.log.glob("*.feedback"))), 1)
        users = [line["user"] for line in lines]
        gone = users[0]
        self.assertEqual(users.count(gone), 1_101)
        self.answer(server, "DELETE", "/v1/users/gone")
        users = [line["user"] for line in lines_of(self.log)]
        self.assertEqual((users.count(gone), len(users)), (0, 1_101))
        self.answer(server, "POST", "/v1/page", {"user_id": "stays"})
        self.logged(1_102)
        self.answer(server, "DELETE", "/v1/users/nobody")

    def test_old_segments_are_removed(self):
        server = self.server("--exposures", self.log)
        self.answer(server, "POST", "/v1/page", {"history": ["t1"]})
        self.logged(1)
        server.end()
        old, = self.log.glob("*.feedback")
        os.utime(old, (time.time() - 40 * 86400,) * 2)
        server = self.server("--exposures", self.log, "--set", "exposures.segment_mib=1", "--set",
                             "exposures.keep_days=30")
        for _ in range(2_200):
            self.answer(server, "POST", "/v1/page", {"history": ["t1"]})
        self.assertTrue(m.wait_until(lambda: not old.exists()))

    def test_one_server_a_folder(self):
        self.server("--exposures", self.log)
        other = m.run("serve", "--bundle", m.bundle("attention"), "--port", 0, "--state",
                      self.dir / "other", "--exposures", self.log)
        self.assertNotEqual(other.rc, 0)
        self.assertIn("the log of what was shown", other.err)
        file = self.dir / "file"
        file.write_text("")
        other = m.run("serve", "--bundle", m.bundle("attention"), "--port", 0, "--state",
                      self.dir / "third", "--exposures", file)
        self.assertEqual(other.rc, 1, other)
        self.assertIn("cannot make", other.err)

    @unittest.skipUnless(os.geteuid() == 0, "a full disk needs the rights of root")
    def test_serving_goes_on_while_the_disk_is_full(self):
        self.log.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", self.log]).returncode:
            self.skipTest("no file system can be mounted")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.log]))
        server = self.server("--exposures", self.log)
        for _ in range(200):
            self.answer(server, "POST", "/v1/page", {"history": ["t1"]})
        left_out = self.answer(server, "GET", "/metrics")
        self.assertNotIn("marquee_exposure_lines_left_out_total 0", left_out)
        before = lines_of(self.log)  # nothing is half written
        subprocess.run(["mount", "-o", "remount,size=4m", self.log], check=True)
        self.answer(server, "POST", "/v1/page", {"history": ["t1"]})
        self.assertTrue(before)
        def counted():  # there may be several gaps: a short line may still fit between two long ones
            return sum(line["left_out"] if line["kind"] == "gap" else line["kind"] == "shown"
                       for line in lines_of(self.log))
        m.wait_until(lambda: counted() == 201)
        self.assertEqual(counted(), 201)
        _, err = server.end()
        # Once for each gap, not for each line.
        self.assertIn("is written again", err)
        self.assertEqual(err.count("is not logged until that works again"), err.count("is written again"), err)


if __name__ == "__main__":
    m.main()
