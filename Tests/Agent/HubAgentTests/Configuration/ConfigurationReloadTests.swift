import HubAgent
import HubCore
import Testing

@Suite("A configuration that is read again, and drop-ins")
struct ConfigurationReloadTests {
    private func reading(_ texts: String...) -> ConfigurationReading {
        ConfigurationReading(
            texts.enumerated().map {
                ConfigurationReading.Text(file: "\($0.offset).toml", bytes: Array($0.element.utf8))
            })
    }

    @Test("What may change is taken, what may not is kept and named")
    func plan() {
        let inForce = HubConfiguration()
        let written = reading(
            "[retention]\nrecords = \"7d\"\n[devices]\nusb = true\npoll_interval = \"5s\"\n[log]\nlevel = \"debug\"\n"
        ).configuration
        let reload = ConfigurationReload(of: written, over: inForce)
        var expected = inForce
        expected.retention.records = .seconds(7 * 86_400)
        expected.pollInterval = .seconds(5)
        expected.logLevel = .debug
        #expect(reload.configuration == expected)
        #expect(reload.taken == ["log.level", "devices.poll_interval", "retention.records"])
        #expect(reload.waiting == ["devices.usb"])
    }

    @Test("Read again without a change, nothing is taken and nothing waits", arguments: [true, false])
    func unchanged(isDefault: Bool) {
        let configuration = isDefault ? HubConfiguration() : reading("[devices]\nlinks = [\"udp://a\"]\n").configuration
        let reload = ConfigurationReload(of: configuration, over: configuration)
        #expect(reload.configuration == configuration)
        #expect(reload.taken == [] && reload.waiting == [])
    }

    @Test("Each key's example changes that key alone, and reloads as its table says")
    func everyKey() {
        for key in ConfigurationKey.all where key.example != key.defaultText {
            // A repository and its root belong together; each is judged on its own here all the same.
            let written = reading("[\(key.section)]\n\(key.name) = \(key.example)\n").configuration
            let reload = ConfigurationReload(of: written, over: HubConfiguration())
            let isTaken = key.reload != .restart
            #expect(reload.taken == (isTaken ? [key.path] : []), "\(key.path)")
            #expect(reload.waiting == (isTaken ? [] : [key.path]), "\(key.path)")
            #expect((reload.configuration != HubConfiguration()) == isTaken, "\(key.path)")
        }
    }

    @Test("Each default is written as a value that its key takes, and reads as the default")
    func defaults() {
        for key in ConfigurationKey.all {
            guard let text = key.defaultText else { continue }
            let read = reading("[\(key.section)]\n\(key.name) = \(text)\n")
            #expect(read.faults == [] && read.configuration == HubConfiguration(), "\(key.path)")
        }
        #expect(Set(ConfigurationKey.all.map(\.path)).count == ConfigurationKey.all.count)
        #expect(
            ConfigurationKey.all.allSatisfy { key in ConfigurationKey.sections.contains { $0.name == key.section } })
    }

    @Test("A later file goes before an earlier one, key by key; a list replaces a list")
    func dropIns() {
        let read = reading(
            "[devices]\nlinks = [\"udp://a\", \"udp://b\"]\nusb = true\n", "[devices]\nlinks = [\"udp://c\"]\n",
            "\n[devices]\nusb = false\n")
        #expect(read.faults == [])
        #expect(read.configuration.deviceLinks == ["udp://c"])
        #expect(read.configuration.discoveredLinks == [])
        #expect(read.origins["devices.links"]?.description == "1.toml:2")
        #expect(read.origins["devices.usb"]?.description == "2.toml:3")
    }

    @Test("Every fault of every file is told, with its file")
    func faults() {
        let read = reading("x = 1\n[hub]\nsubject = 2\n", "[hub\n", "[forwarding]\nretry_shortest = \"10m\"\n")
        #expect(
            read.faults.map(\.description).map { $0.prefix { $0 != " " } }
                == ["0.toml:1:", "0.toml:3:", "1.toml:1:", "2.toml:2:"])
    }

    @Test("Comments and order make no difference to the hash, a value does")
    func hash() {
        let one = reading("[devices]\nusb = true\npoll_interval = \"60s\"\n").loaded.hash
        #expect(one == reading("# x\n[devices]\npoll_interval = \"1m\"\nusb = true\n").loaded.hash)
        #expect(one != reading("[devices]\nusb = true\n").loaded.hash)
    }
}
