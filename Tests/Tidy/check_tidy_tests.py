"""scripts/check-tidy reports each breach that it is there for, and nothing else."""

import unittest

from scripts_under_test import load

tidy = load("check-tidy")

CORE = "Sources/Core/HubCore/Session/Sample.swift"
ADAPTER = "Sources/Adapters/HubStore/Sample.swift"
TEST = "Tests/Core/HubCoreTests/Sample.swift"


def rules(path, text):
    return [rule for _, rule in tidy.breaches(path, text)]


class CheckTidyTests(unittest.TestCase):
    def assert_breach(self, path, text, part):
        found = rules(path, text)
        self.assertEqual(len(found), 1, f"{text!r} in {path}: {found}")
        self.assertIn(part, found[0])

    def assert_clean(self, path, text):
        self.assertEqual(rules(path, text), [], f"{text!r} in {path}")

    def test_a_file_may_have_400_lines_and_not_401(self):
        self.assert_clean(CORE, "let a = 1\n" * 400)
        self.assert_breach(CORE, "let a = 1\n" * 401, "400 lines")

    def test_generated_files_may_be_longer(self):
        self.assert_clean("Sources/Core/ESRAnalysis/Generated/Table.swift", "let a = 1\n" * 1_000)

    def test_forced_tries_and_casts_are_found_in_tests_too(self):
        self.assert_breach(TEST, "let a = try! b()\n", "try!")
        self.assert_breach(TEST, "let a = b as! C\n", "as!")
        self.assert_clean(TEST, "let a = try? b() as? C\n")

    def test_an_empty_catch_is_found_over_lines(self):
        self.assert_breach(ADAPTER, "do { try a() } catch {\n}\n", "empty catch")
        self.assert_breach(ADAPTER, "do { try a() } catch let error as B { }\n", "empty catch")
        self.assert_clean(ADAPTER, "do { try a() } catch { return nil }\n")

    def test_full_foundation_is_found_in_what_the_hub_links_only(self):
        self.assert_breach(ADAPTER, "import Foundation\n", "Foundation")
        self.assert_breach("Sources/Tools/corhub/A.swift", "import struct Foundation.Date\n", "Foundation")
        self.assert_clean(ADAPTER, "import FoundationEssentials\n")
        self.assert_clean("Sources/Tools/corhub-upstream/A.swift", "import Foundation\n")
        self.assert_clean(TEST, "import Foundation\n")

    def test_time_and_chance_are_found_in_formats_and_core(self):
        for text in (
            "let a = Date()", "let a = ContinuousClock.now", "let a = Int.random(in: 0..<3)", "import FoundationEssentials",
            "clock_gettime(CLOCK_REALTIME, &time)", "values.shuffled()", "import NIOCore",
        ):
            self.assert_breach(CORE, text + "\n", "passed in")
            self.assert_clean(ADAPTER, text + "\n")

    def test_concurrency_is_found_in_formats_and_core(self):
        for text in ("func a() async {}", "await b()", "Task { b() }", "actor Session {}"):
            self.assert_breach(CORE, text + "\n", "synchronous")
            self.assert_clean(ADAPTER, text + "\n")

    def test_ports_may_declare_async_functions_but_read_no_clock(self):
        port = "Sources/Core/HubCore/Ports/Port.swift"
        self.assert_clean(port, "func submit() async\n")
        self.assert_breach(port, "let a = Date()\n", "passed in")

    def test_words_in_comments_strings_and_longer_names_do_not_count(self):
        self.assert_clean(CORE, "// await the Date of a random Task\n/* try! */\n")
        self.assert_clean(CORE, 'let a = "await Task, try! \\" Date"\n')
        self.assert_clean(CORE, 'let a = """\n  await "quoted" Date\n  """\n')
        self.assert_clean(CORE, "let DateOfBirth = randomness; let actor: AuditActor; let awaited = 1\n")

    def test_names_that_say_nothing_are_found(self):
        self.assert_breach("Sources/Agent/HubAgent/StringUtils.swift", "", "file's name")
        self.assert_breach("Sources/Agent/HubAgent/LinkManager.swift", "", "file's name")
        self.assert_clean("Sources/Agent/HubAgent/ServiceManagerNotifier.swift", "")

    def test_unfinished_work_is_found_in_every_kind_of_file(self):
        for path in (CORE, "scripts/test", "Tests/Conformance/judge.py"):
            self.assert_breach(path, "# TO" + "DO: later\n", "unfinished")

    def test_unchecked_sendable_wants_its_reason(self):
        self.assert_breach(ADAPTER, "final class A: @unchecked Sendable {}\n", "Safe because")
        self.assert_clean(ADAPTER, "/// Safe because only its thread touches it.\nfinal class A: @unchecked Sendable {}\n")

    def test_the_line_is_told(self):
        self.assertEqual([line for line, _ in tidy.breaches(CORE, "// x\n/* y\n*/\nlet a = try! b()\n")], [4])


if __name__ == "__main__":
    unittest.main()
