"""The page in a real browser: choose, watch the rows change, open a title, search by keyboard,
forget; on a wide screen, on a phone, and without a server. MARQUEE_SCREENSHOTS=FOLDER keeps
pictures."""

import hashlib
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import browser  # noqa: E402
import marquee as m  # noqa: E402
import serving  # noqa: E402

ROWS = "return [...document.querySelectorAll('main .row h2')].map(h => h.textContent)"
POSTERS = "return [...document.querySelectorAll('main .poster strong')].map(h => h.textContent)"


@unittest.skipUnless(browser.is_there(), "there is no chromedriver")
class Page(serving.Case):
    def opened(self, server, fragment="", **options):
        page = browser.Browser(**options)
        self.addCleanup(page.end)
        page.open(server.address + fragment)
        page.wait("return document.querySelectorAll('main .poster').length > 0")
        return page

    def test_a_new_member_chooses_and_the_rows_become_theirs(self):
        page = self.opened(self.server())
        before = page.run(ROWS)
        self.assertTrue(page.run("return !document.getElementById('welcome').hidden"))
        asked = "return [...document.querySelectorAll('.choice')].map(c => c.dataset.title)"
        self.assertEqual(len(page.run(asked)), 6)
        page.screenshot("onboarding.png")
        for i in (1, 2, 3, 4):
            shown = page.run(asked)
            page.click(f"#choices .choice:nth-child({i}) [data-answer=like]")
            page.wait("return document.getElementById('answered').textContent == arguments[0] && "
                      "document.getElementById('state').textContent.startsWith('Liked')", f"{i} answered.")
            now = page.run(asked)  # another question in the same place
            self.assertNotIn(now[i - 1], shown)
            self.assertEqual(now[:i - 1] + now[i:], shown[:i - 1] + shown[i:])
        page.wait("return [...document.querySelectorAll('main .row')]"
                  ".some(r => r.dataset.kind == 'because')")
        self.assertNotEqual(page.run(ROWS), before)
        page.click("#show-why")
        page.wait("return document.getElementById('why').open && document.querySelectorAll('#why-parameters li').length > 2")
        page.screenshot("why.png")
        page.click("#why .close")
        posters = page.run(POSTERS)
        self.assertEqual(len(posters), len(set(posters)), "a title twice")
        self.assertIn("two_tower@", page.run("return document.getElementById('model').textContent"))
        self.assertIn("ms", page.run("return document.getElementById('latency').textContent"))
        page.screenshot("page.png")
        self.assertEqual(page.complaints(), [])

    def test_the_page_of_one_of_several_services(self):
        """Below a name all of its addresses are its own."""
        server = self.server(bundle={"films": m.bundle("attention"), "series": m.bundle("popularity")})
        for address, model in zip(server.addresses, ("two_tower@", "popularity@")):
            server.address = address
            page = self.opened(server)
            page.wait("return document.getElementById('model').textContent.includes(arguments[0])", model)
            page.click("#choices .choice:nth-child(1) [data-answer=like]")
            page.wait("return document.getElementById('answered').textContent == '1 answered.'")
            page.screenshot(f"{model[:-1]}-of-several.png")
            self.assertEqual(page.complaints(), [])

    def test_where_members_are_changes_what_a_new_one_sees_first(self):
        events, users = ["user_id,title_id,timestamp,event"], ["user_id,place"]
        for i in range(120):
            first = 40 * (i % 2)
            events += [f"u{i},t{first + (i + n) % 40},{1_600_000_000 + 1000 * n},play" for n in range(20)]
            users.append(f"u{i},{('north', 'south')[i % 2]}")
        (self.dir / "events.csv").write_text("\n".join(events) + "\n")
        (self.dir / "users.csv").write_text("\n".join(users) + "\n")
        (self.dir / "popularity.yaml").write_text("model: {name: popularity}\n")
        self.ok("ingest", "--interactions", self.dir / "events.csv", "--users", self.dir / "users.csv", "--out",
                self.dir / "data")
        self.ok("train", "--config", self.dir / "popularity.yaml", "--data", self.dir / "data", "--out",
                self.dir / "run")
        self.ok("export", "--run", self.dir / "run", "--out", self.dir / "bundle", "--context", "place")
        page = self.opened(self.server(bundle=self.dir / "bundle"))
        south = ("return [...document.querySelectorAll('main .row[data-kind=top] .poster strong')]"
                 ".filter(p => Number(p.textContent.slice(1)) >= 40).length")
        for place, expected in (("south", "> 15"), ("north", "== 0")):
            page.run("const c = document.getElementById('context-place'); c.value = arguments[0];"
                     "c.dispatchEvent(new Event('change'))", place)
            page.wait(f"{south} {expected}")
        page.run("document.querySelector('footer').scrollIntoView()")
        page.screenshot("contexts.png")
        self.assertEqual(page.complaints(), [])

    def test_explain_says_which_policy_put_what_where(self):
        policy = self.dir / "policy"
        self.ok("policy", "train", "--set", "titles.fill=sampled", "--set", "titles.kept=0.5", "--out", policy)
        page = self.opened(self.server("--policy", policy), "?explain")
        why = page.run("return [...document.querySelectorAll('main .row .why')].map(p => p.textContent)")
        self.assertGreater(len(why), 1)
        for each in why:
            self.assertRegex(each, r"^thompson@[0-9a-f]{6}: this row is here with probability \d")
        page.click("main .poster")
        page.wait("return document.getElementById('detail').open")
        reasons = page.run("return [...document.querySelectorAll('#detail-reasons li')].map(l => l.textContent)")
        self.assertTrue(any("in this place with probability" in each for each in reasons), reasons)
        page.screenshot("explain.png")
        self.assertEqual(page.complaints(), [])
        plain = self.opened(self.server(state=self.dir / "other"))
        self.assertEqual(plain.run("return document.querySelectorAll('.why').length"), 0)

    def test_rows_are_as_varied_as_the_slider_says(self):
        page = self.opened(self.server("--set", "page.because_rows=0"))
        before = page.run(POSTERS)
        moved = ("const slider = document.getElementById('variety'); slider.value = arguments[0];"
                 "slider.dispatchEvent(new Event('input')); slider.dispatchEvent(new Event('change'));")
        page.run(moved, "0.8")
        page.wait(f"const now = (() => {{ {POSTERS} }})(); return JSON.stringify(now) != JSON.stringify(arguments[0])",
                  before)
        self.assertEqual(page.run("return document.getElementById('variety-value').textContent"), "80 %")
        page.screenshot("varied.png")
        page.run(moved, "0")
        page.wait(f"const now = (() => {{ {POSTERS} }})(); return JSON.stringify(now) == JSON.stringify(arguments[0])",
                  before)
        self.assertEqual(page.complaints(), [])

    def test_without_my_history(self):
        page = self.opened(self.server())
        nobody = page.run(POSTERS)
        for i in (1, 2, 3):
            page.click(f"#choices .choice:nth-child({i}) [data-answer=like]")
            page.wait("return document.getElementById('answered').textContent == arguments[0]", f"{i} answered.")
        mine = "return [...document.querySelectorAll('main .row')].some(r => r.dataset.kind == 'because')"
        page.wait(mine)
        self.assertNotEqual(page.run(POSTERS), nobody)
        same = f"const now = (() => {{ {POSTERS} }})(); return JSON.stringify(now) == JSON.stringify(arguments[0])"
        page.click("#without")
        page.wait(same, nobody)
        page.screenshot("without.png")
        self.assertFalse(page.run(mine))
        page.run("location.reload()")  # the server kept the choice
        page.wait("return document.querySelectorAll('main .poster').length > 0 && "
                  "document.getElementById('without').checked")
        page.wait(same, nobody)
        page.click("#without")
        page.wait(mine)
        self.assertEqual(page.complaints(), [])

    def test_a_title_opens_with_neighbours_and_can_be_played_and_hidden(self):
        page = self.opened(self.server())
        first = page.run(POSTERS)[0]
        page.click("main .poster")
        page.wait("return document.getElementById('detail').open && "
                  "document.querySelectorAll('#detail-similar .poster').length >= 5")
        self.assertIn(first, page.run("return document.getElementById('detail-name').textContent"))
        self.assertTrue(page.run("return document.querySelector('#detail-reasons li').textContent"))
        page.screenshot("title.png")
        page.click("#detail [data-event=play]")
        page.wait("return document.querySelector('main .row').dataset.kind == 'continue'")
        self.assertEqual(page.run(POSTERS)[0], first)
        second = page.run("return document.querySelectorAll('main .row')[1]"
                          ".querySelector('strong').textContent")
        page.click("main .row:nth-child(2) .poster")
        page.wait("return document.getElementById('detail').open")
        page.click("#detail [data-event=hide]")
        page.wait("return document.getElementById('state').textContent.startsWith('Hidden')")
        self.assertNotIn(second, page.run(POSTERS))
        page.click("#show-history")
        page.wait("return document.querySelectorAll('#history-events li').length == 2")
        page.click("#forget")
        page.wait("return document.getElementById('state').textContent.startsWith('Forgotten')")
        self.assertEqual(page.complaints(), [])

    def test_search_and_rows_by_keyboard(self):
        page = self.opened(self.server())
        page.type("#query", "title 12")
        page.wait("return !document.getElementById('found').hidden")
        page.keys("\ue015", "\ue007")  # down, enter
        page.wait("return document.getElementById('detail').open")
        self.assertIn("12", page.run("return document.getElementById('detail-name').textContent"))
        page.keys("\ue00c")  # escape
        page.wait("return !document.getElementById('detail').open")
        page.run("document.querySelector('main .poster').focus()")
        page.keys("\ue014", "\ue014", "\ue012")  # right, right, left
        self.assertEqual(page.run("const p = document.activeElement;"
                                  "return [...p.parentElement.children].indexOf(p)"), 1)
        unnamed = page.run("return [...document.querySelectorAll('button, input, dialog')].filter(e => "
                           "!(e.textContent.trim() || e.getAttribute('aria-label') || "
                           "e.getAttribute('aria-labelledby') || e.labels?.length)).length")
        self.assertEqual(unnamed, 0)
        self.assertEqual(page.complaints(), [])

    def test_two_models_are_shown_side_by_side(self):
        page = self.opened(self.server("--compare", m.bundle("mean")))
        page.wait("return !document.getElementById('compare').hidden")
        page.click("#compare")
        page.wait("return document.querySelectorAll('main .model').length == 2")
        names = page.run("return [...document.querySelectorAll('main .model > h2')].map(h => h.textContent)")
        self.assertEqual(len(set(names)), 2, names)
        counts = page.run("return [...document.querySelectorAll('main .model > p')].map(h => "
                          "parseInt(h.textContent.split(',')[1]))")
        marked = page.run("return [...document.querySelectorAll('main .model')].map(c => "
                          "c.querySelectorAll('.only').length)")
        self.assertEqual(counts, marked)
        page.run("scrollTo(0, 0)")
        page.screenshot("compared.png")
        page.click("main .poster")
        page.wait("return document.getElementById('detail').open")
        page.click("#detail [data-event=like]")
        page.wait("return document.getElementById('state').textContent.startsWith('Liked') && "
                  "document.querySelectorAll('main .model').length == 2")
        page.click("#compare")
        page.wait("return document.querySelectorAll('main .model').length == 0")
        self.assertEqual(page.complaints(), [])

    def test_asks_for_a_key_where_one_is_needed(self):
        keys = self.dir / "keys"
        keys.write_text("page " + hashlib.sha256(b"secret").hexdigest() + "\n")
        page = browser.Browser()
        self.addCleanup(page.end)
        page.open(self.server("--api-keys", keys).address)
        for key in ("wrong", "secret"):
            page.wait("return document.getElementById('key').open")
            page.run("document.getElementById('api-key').value = ''")
            page.type("#api-key", key)
            page.click("#key-form button")
        page.wait("return document.querySelectorAll('main .poster').length > 0")
        self.assertFalse(page.run("return document.getElementById('key').open"))

    def test_is_dark_where_the_system_is(self):
        page = self.opened(self.server(), dark=True)
        page.screenshot("dark.png")
        paper = page.run("return getComputedStyle(document.body).backgroundColor")
        self.assertLess(sum(int(x) for x in paper[4:-1].split(",")), 100, paper)

    def test_a_phone_needs_no_sideways_scrolling(self):
        page = self.opened(self.server(), width=400, height=800)
        self.assertTrue(page.run("return document.documentElement.scrollWidth <= innerWidth"))
        page.screenshot("phone.png")

    def test_says_when_the_server_is_gone_and_shows_text_as_text(self):
        server = self.server()
        evil = {"name": "<img src=x onerror=alert(1)>", "genres": ["Drama"]}
        self.answer(server, "PUT", "/v1/titles/evil", evil)
        page = self.opened(server)
        page.type("#query", "img")
        page.wait("return document.querySelectorAll('#found li').length == 1")
        self.assertEqual(page.run("return document.querySelectorAll('img').length"), 0)
        server.end(signal.SIGKILL)
        page.click("main .poster")
        page.wait("return document.getElementById('detail').open")
        page.click("#detail [data-event=like]")
        page.wait("return !document.getElementById('error').hidden")
        self.assertEqual(page.run("return document.getElementById('error').textContent"),
                         "The server does not answer.")


if __name__ == "__main__":
    m.main()
