import CORProtocol
import HubCore
import TestSupport
import Testing

/// Seeds play histories of links that come, go and fail; a failing seed repeats exactly.
@Suite("Histories of links")
struct ReachHistoryTests {
    /// A shell that does what the machine asks, and looks on from outside.
    private struct World {
        enum Session: Equatable { case open, attested, admitted, ending }

        var reach = DeviceReach()
        var sessions: [String: Session] = [:]
        var timers: [(address: String, id: UInt64)] = []
        /// Links that lead to a device now, and to which.
        var plugged: [String: Int] = [:]
        let links: [(address: String, kind: LinkKind, device: Int, isConfigured: Bool)]
        let devices: [ReachedDevice]

        mutating func play(_ event: DeviceReach.Event, seed: UInt64) {
            for effect in reach.handle(event, chance: 0.5) {
                switch effect {
                case .open(let address, _):
                    #expect(sessions[address] == nil, "seed \(seed): a second session over \(address)")
                    sessions[address] = .open
                case .admit(let address):
                    #expect(sessions[address] == .attested, "seed \(seed): \(address) is admitted out of turn")
                    sessions[address] = .admitted
                case .supersede(let address):
                    #expect(sessions[address] != nil, "seed \(seed): what does not run is superseded")
                    sessions[address] = .ending
                case .startTimer(let address, let id, _):
                    timers.append((address, id))
                case .hide(let address, _, _), .forget(let address):
                    #expect(sessions[address] == nil, "seed \(seed): \(address) runs and is out of sight")
                }
            }
            check(seed)
        }

        /// Never do two sessions work with one device.
        func check(_ seed: UInt64) {
            for index in devices.indices {
                let working = links.filter { $0.device == index && sessions[$0.address] == .admitted }
                #expect(working.count <= 1, "seed \(seed): two sessions work with one device")
            }
        }
    }

    private func world() throws -> World {
        World(
            links: [
                ("usb:A", .usb, 0, false), ("serial:/dev/a", .serial, 0, true), ("ble:A", .ble, 0, false),
                ("udp://a", .udp, 0, true), ("usb:B", .usb, 1, false), ("ble:B", .ble, 1, false),
            ],
            devices: try ["COR1-000A", "COR1-000B"].map {
                ReachedDevice(serial: try #require(DeviceSerial($0)), trust: .attested)
            })
    }

    private func end(_ address: String, _ world: inout World, seed: UInt64) {
        let wasEnding = world.sessions[address] == .ending
        world.sessions[address] = nil
        world.play(.ended(address: address, wasEnding ? .superseded : .linkGone, worth: .none), seed: seed)
    }

    private func step(_ world: inout World, _ generator: inout SeededGenerator, seed: UInt64) {
        let link = world.links[Int.random(in: 0..<world.links.count, using: &generator)]
        switch (Int.random(in: 0..<6, using: &generator), world.sessions[link.address]) {
        case (0, _):  // Plugged in, or comes into reach.
            world.plugged[link.address] = link.device
            if !link.isConfigured {
                world.play(
                    .found(
                        DiscoveredDevice(
                            kind: link.kind, address: link.address,
                            serial: link.kind == .usb ? world.devices[link.device].serial.text : nil)), seed: seed)
            }
        case (1, _):  // Pulled out.
            world.plugged[link.address] = nil
            if !link.isConfigured { world.play(.lost(address: link.address), seed: seed) }
        case (2, .open) where world.plugged[link.address] != nil:
            world.sessions[link.address] = .attested
            world.play(.attested(address: link.address, world.devices[link.device]), seed: seed)
        case (3, .some(let session)) where session == .ending || world.plugged[link.address] == nil:
            end(link.address, &world, seed: seed)
        case (4, .some):  // Fails, though it is there.
            end(link.address, &world, seed: seed)
        case (_, _):
            guard !world.timers.isEmpty else { return }
            let timer = world.timers.remove(at: Int.random(in: 0..<world.timers.count, using: &generator))
            world.play(.timerFired(address: timer.address, id: timer.id), seed: seed)
        }
    }

    @Test("After any history, once all is calm, each device is worked with over its best link", arguments: 0..<300)
    func settles(seed: Int) throws {
        let seed = UInt64(seed)
        var generator = SeededGenerator(seed: seed)
        var world = try world()
        for link in world.links where link.isConfigured {
            world.play(.configured(address: link.address, kind: link.kind), seed: seed)
        }
        for _ in 0..<200 {
            step(&world, &generator, seed: seed)
        }
        // Calm: what is open attests or ends, what ends has ended, timers fire.
        for _ in 0..<100 {
            for link in world.links {
                switch world.sessions[link.address] {
                case .ending: end(link.address, &world, seed: seed)
                case .some where world.plugged[link.address] == nil: end(link.address, &world, seed: seed)
                case .open:
                    world.sessions[link.address] = .attested
                    world.play(.attested(address: link.address, world.devices[link.device]), seed: seed)
                case .attested, .admitted, nil: break
                }
            }
            let due = world.timers
            world.timers = []
            for timer in due { world.play(.timerFired(address: timer.address, id: timer.id), seed: seed) }
        }
        for index in world.devices.indices {
            let best = world.links.filter { $0.device == index && world.plugged[$0.address] != nil }
                .min { $0.kind.rank < $1.kind.rank }
            let working = world.links.filter { $0.device == index && world.sessions[$0.address] == .admitted }
            #expect(working.map(\.address) == (best.map { [$0.address] } ?? []), "seed \(seed)")
        }
    }
}
