import CORProtocol
import HubAgent
import HubCore
import Testing

@Suite("The configuration file")
struct ConfigurationTests {
    private func configuration(_ text: String) throws(ConfigurationFault) -> HubConfiguration {
        try ConfigurationLoader.configuration(from: Array(text.utf8), file: "corhub.toml")
    }

    private func fault(_ text: String) -> String? {
        do {
            _ = try configuration(text)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("An empty file gives the defaults")
    func empty() throws {
        #expect(try configuration("") == HubConfiguration())
        #expect(try configuration("# nothing\n") == HubConfiguration())
    }

    @Test("Each key is taken")
    func everyKey() throws {
        var expected = HubConfiguration()
        expected.stateDirectory = "/tmp/state"
        expected.subject = SubjectID("subject-0001")
        expected.controlSocket = "/tmp/control.sock"
        expected.controlGroup = "corhub"
        expected.deviceLinks = ["udp://127.0.0.1:1337", "udp://127.0.0.1:1338"]
        expected.deviceTrustAnchors = "/tmp/anchors"
        expected.allowsUncertifiedDevices = true
        expected.allowsRemoteUDP = true
        expected.pollInterval = .seconds(5)
        expected.forwarding.linger = .milliseconds(500)
        expected.forwarding.heartbeat = .seconds(120)
        expected.forwarding.backoff.shortest = .seconds(2)
        expected.forwarding.backoff.longest = .seconds(600)
        expected.forwarding.rawBytesPerDay = 20_000_000
        expected.retention.records = .seconds(7 * 86_400)
        expected.retention.batches = .zero
        expected.retention.entries = .seconds(36_000)
        expected.retention.audit = .seconds(72_000)
        expected.retention.quarantine = .seconds(86_400)
        expected.retention.quarantineLengthMax = 1_000_000
        expected.quota.lengthMax = 200_000_000
        expected.quota.reserveLength = 10_000_000
        let read = try configuration(
            """
            [hub]
            state_directory = "/tmp/state"
            subject = "subject-0001"
            [control]
            socket = "/tmp/control.sock"
            group = "corhub"
            [devices]
            links = ["udp://127.0.0.1:1337", "udp://127.0.0.1:1338"]
            trust_anchors = "/tmp/anchors"
            allow_uncertified = true
            allow_remote_udp = true
            poll_interval = "5s"
            [forwarding]
            raw_bytes_per_day = "20MB"
            linger = "500ms"
            heartbeat = "2m"
            retry_shortest = "2s"
            retry_longest = "10m"
            [retention]
            records = "7d"
            batches = "0s"
            entries = "10h"
            audit = "20h"
            quarantine = "1d"
            [storage]
            quarantine_max = "1MB"
            max = "200MB"
            reserve = "10MB"
            """)
        #expect(read == expected)
    }

    @Test("Each example in the table of keys is a value that its key takes")
    func examples() {
        for key in ConfigurationKey.all {
            let words = key.path.split(separator: ".")
            // A repository and its root belong together.
            let partner = ["firmware.repository": "firmware.root", "firmware.root": "firmware.repository"][key.path]
                .flatMap { ConfigurationKey.named($0) }.map { "\($0.name) = \($0.example)\n" }
            let text = "[\(words[0])]\n\(words[1]) = \(key.example)\n" + (partner ?? "")
            #expect(fault(text) == nil, "\(key.path)")
        }
    }

    @Test("An unknown key stops the start with its line, and with the key that was probably meant")
    func unknown() {
        #expect(
            fault("[devices]\nlinks = []\npol_interval = \"5s\"\n")
                == "corhub.toml:3: unknown key devices.pol_interval, did you mean devices.poll_interval?")
        #expect(
            fault("\n\n[forward]\nlinger = \"2s\"\n")
                == "corhub.toml:4: unknown key forward.linger, did you mean forwarding.linger?")
        #expect(fault("colour = \"blue\"\n") == "corhub.toml:1: unknown key colour")
    }

    @Test("A value of the wrong type stops the start with its line")
    func types() {
        #expect(fault("[hub]\nsubject = 7\n") == "corhub.toml:2: hub.subject: a string is wanted, found an integer")
        #expect(
            fault("[devices]\nallow_uncertified = \"yes\"\n")
                == "corhub.toml:2: devices.allow_uncertified: true or false is wanted, found a string")
        #expect(
            fault("[devices]\nlinks = [1]\n") == "corhub.toml:2: devices.links: a string is wanted, found an integer")
        #expect(fault("[hub]\nsubject = \"\"\n") == "corhub.toml:2: hub.subject: an empty string is no value")
        #expect(fault("[hub]\nsubject = [\"a\"]\n")?.hasPrefix("corhub.toml:2: hub.subject: one string") == true)
    }

    @Test("Text that is no TOML stops the start with its line")
    func syntax() {
        #expect(fault("[hub]\nsubject = \n")?.hasPrefix("corhub.toml:2: ") == true)
        #expect(fault("[hub\n")?.hasPrefix("corhub.toml:1: ") == true)
        #expect(fault("[hub]\nsubject = \"a\"\nsubject = \"b\"\n")?.hasPrefix("corhub.toml:3: ") == true)
    }

    @Test("A duration is a number with ms, s, m, h or d, and nothing else")
    func durations() {
        let written: [(String, Duration?)] = [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h", .seconds(3_600)),
            ("30d", .seconds(2_592_000)), ("0s", .zero), ("", nil), ("s", nil), ("5", nil), ("-5s", nil), ("1.5s", nil),
            (" 5s", nil), ("5 s", nil), ("5S", nil), ("٣s", nil), ("9223372036854775807d", nil),
        ]
        for (text, duration) in written {
            #expect(Duration(written: text) == duration, "\(text)")
        }
    }

    @Test("A duration at its limit is taken, beyond it is refused with the limits")
    func durationLimits() {
        for (text, isTaken) in [("1s", true), ("999ms", false), ("1d", true), ("86401s", false)] {
            let found = fault("[devices]\npoll_interval = \"\(text)\"\n")
            #expect((found == nil) == isTaken, "\(text)")
            if let found {
                #expect(found == "corhub.toml:2: devices.poll_interval: between 1 s and 86400 s are allowed")
            }
        }
        #expect(
            fault("[devices]\npoll_interval = 5\n")
                == "corhub.toml:2: devices.poll_interval: a duration such as \"30s\" is wanted")
    }

    @Test("The shortest delay must not be longer than the longest")
    func contradiction() {
        #expect(
            fault("[forwarding]\nretry_shortest = \"10m\"\n")
                == "corhub.toml:2: forwarding.retry_shortest is longer than forwarding.retry_longest")
    }

    @Test("64 links are taken, one more or the same again is refused")
    func links() {
        func links(_ count: Int) -> String {
            "[devices]\nlinks = [\((0..<count).map { "\"udp://127.0.0.1:\(2_000 + $0)\"" }.joined(separator: ","))]\n"
        }
        #expect(fault(links(64)) == nil)
        #expect(fault(links(65)) == "corhub.toml:2: devices.links: more than 64 links")
        #expect(
            fault("[devices]\nlinks = [\"udp://a\", \"udp://a\"]\n")
                == "corhub.toml:2: devices.links: udp://a is named twice")
    }

    @Test("A file that is not there, or longer than a mebibyte, is named with the reason")
    func files() throws {
        do {
            _ = try ConfigurationLoader.load(file: "/nonexistent/corhub.toml")
            Issue.record("a missing file was read")
        } catch {
            #expect(error.description == "/nonexistent/corhub.toml: No such file or directory")
        }
        #expect(
            fault("#" + String(repeating: "x", count: 1 << 20)) == "corhub.toml: longer than 1048576 bytes")
        #expect(fault("#" + String(repeating: "x", count: (1 << 20) - 1)) == nil)
    }

    @Test("Broken syntax is refused with its line, also where the reader once fell over its own assertions")
    func brokenSyntax() {
        for text in [
            "[,", "[[\r\r", String(repeating: "[", count: 121) + "\r\r", "[\u{feff}", "a = [", "a = \"\\x", "\u{0}",
        ] {
            #expect(fault(text)?.hasPrefix("corhub.toml:1: ") == true, "\(text.debugDescription)")
        }
    }

    @Test("A size is a number with kB, MB or GB, within its bounds")
    func sizes() throws {
        func read(_ size: String) throws(ConfigurationFault) -> Int? {
            try configuration("[forwarding]\nraw_bytes_per_day = \"\(size)\"").forwarding.rawBytesPerDay
        }
        #expect(try read("1kB") == 1_000)
        #expect(try read("64MB") == 64_000_000)
        #expect(try read("1000GB") == 1_000_000_000_000)
        for wrong in ["0kB", "1001GB", "1", "kB", "1.5MB", "-1MB", "1 MB", "1mb", "99999999999999999999GB"] {
            #expect(fault("[forwarding]\nraw_bytes_per_day = \"\(wrong)\"") != nil, "\(wrong)")
        }
    }
}
