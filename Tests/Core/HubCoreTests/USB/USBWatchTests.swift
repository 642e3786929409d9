import CORProtocol
import HubCore
import Testing
import USBProtocol

@Suite("Watching the bus")
struct USBWatchTests {
    private let link = USBWatch.LinkID(rawValue: 1)
    private let serial: DeviceSerial
    private var watch = USBWatch()

    init() throws {
        serial = try #require(USBSamples.serial)
    }

    private func device(_ portPath: String = "1-1", serial: String? = "COR1-TEST-0001") -> DiscoveredDevice {
        DiscoveredDevice(
            kind: .usb, address: "usb:\(serial ?? portPath)", serial: serial, name: "COR One", portPath: portPath)
    }

    private func place(_ portPath: String = "1-1", address: Int = 2) -> USBPlace {
        USBPlace(busNumber: 1, deviceAddress: address, portPath: portPath)
    }

    // MARK: - Discovery

    @Test("What comes is found once, what goes is lost, and others do not matter")
    mutating func comesAndGoes() {
        var foreign = USBSamples.sighting("1-2", address: 3)
        foreign.descriptors = USBSamples.descriptors(productID: 2)
        #expect(watch.handle(.scanned([foreign]), at: .zero) == [])
        #expect(
            watch.handle(.scanned([foreign, USBSamples.sighting()]), at: .zero) == [.tell(.found(device()))])
        #expect(watch.handle(.scanned([USBSamples.sighting(), foreign]), at: .zero) == [])
        #expect(watch.handle(.scanned([foreign]), at: .zero) == [.tell(.lost(address: "usb:COR1-TEST-0001"))])
    }

    @Test("A device that came back between two looks is lost and found")
    mutating func enumeratedAgain() {
        _ = watch.handle(.scanned([USBSamples.sighting(address: 2)]), at: .zero)
        #expect(
            watch.handle(.scanned([USBSamples.sighting(address: 3)]), at: .zero)
                == [.tell(.lost(address: "usb:COR1-TEST-0001")), .tell(.found(device()))])
    }

    @Test("Threat 3, BadUSB: a refused device is told with its reason, once, and never opened")
    mutating func refused() {
        let keyboard = USBSamples.sighting(interfaces: [USBSamples.interface, USBSamples.extra(0x03)])
        _ = watch.handle(.awaited(link, serial, limit: nil), at: .zero)
        #expect(
            watch.handle(.scanned([keyboard]), at: .zero)
                == [.tell(.refused(device(), reason: "it adds a keyboard or another input device to itself"))])
        #expect(watch.handle(.scanned([keyboard]), at: .zero) == [])
        // Plugged in without the keyboard.
        #expect(
            watch.handle(.scanned([USBSamples.sighting(address: 3)]), at: .zero)
                == [.tell(.found(device())), .open(link, place(address: 3))])
    }

    @Test("A device whose node may not be opened is told so, and found once it may")
    mutating func notPermitted() {
        #expect(
            watch.handle(.scanned([USBSamples.sighting(isOpenable: false)]), at: .zero)
                == [.tell(.refused(device(), reason: USBRefusal.notPermitted.description))])
        #expect(watch.handle(.scanned([USBSamples.sighting()]), at: .zero) == [.tell(.found(device()))])
    }

    @Test("Threat 3, a clone: a second device with a serial number that is there is refused, and the first stays")
    mutating func clone() {
        // Its port comes first in order.
        let clone = USBSamples.sighting("1-0", address: 9)
        _ = watch.handle(.scanned([USBSamples.sighting()]), at: .zero)
        #expect(
            watch.handle(.scanned([clone, USBSamples.sighting()]), at: .zero)
                == [
                    .tell(.refused(device("1-0"), reason: "a device with its serial number is plugged in at 1-1"))
                ])
    }

    @Test("Threat 21, flood: at most as many devices as the bound are looked at")
    mutating func bound() {
        let crowd = (0..<40).map { USBSamples.sighting("1-\($0)", address: $0, serial: "COR1-\(1_000 + $0)") }
        #expect(watch.handle(.scanned(crowd), at: .zero).count == USBWatch.deviceCountMax)
    }

    @Test("A bus that cannot be looked at is told once, and that it can be again")
    mutating func unavailable() {
        #expect(
            watch.handle(.scanFailed(reason: "no USB"), at: .zero) == [.tell(.unavailable(reason: "no USB"))])
        #expect(watch.handle(.scanFailed(reason: "no USB"), at: .zero) == [])
        #expect(watch.handle(.scanned([]), at: .zero) == [.tell(.available)])
    }

    // MARK: - Links

    @Test("A link is given its device when it is there, at once or later")
    mutating func awaited() {
        _ = watch.handle(.scanned([USBSamples.sighting()]), at: .zero)
        #expect(watch.handle(.awaited(link, serial, limit: nil), at: .zero) == [.open(link, place())])
        let second = USBWatch.LinkID(rawValue: 2)
        _ = watch.handle(.scanned([]), at: .zero)
        #expect(watch.handle(.awaited(second, serial, limit: nil), at: .zero) == [])
        #expect(watch.handle(.scanned([USBSamples.sighting()]), at: .seconds(9_999)).last == .open(second, place()))
    }

    @Test("A link whose device is no longer there is told")
    mutating func leaves() {
        _ = watch.handle(.scanned([USBSamples.sighting()]), at: .zero)
        _ = watch.handle(.awaited(link, serial, limit: nil), at: .zero)
        #expect(
            watch.handle(.scanned([]), at: .zero) == [.tell(.lost(address: "usb:COR1-TEST-0001")), .leave(link)])
        _ = watch.handle(.ended(link, .unplugged), at: .zero)
        #expect(watch.handle(.scanned([USBSamples.sighting()]), at: .zero) == [.tell(.found(device()))])
    }

    @Test("A link that waits for longer than its limit expires; one that has ended waits no more")
    mutating func expires() {
        _ = watch.handle(.awaited(link, serial, limit: .seconds(10)), at: .seconds(1))
        #expect(watch.handle(.scanned([]), at: .seconds(10.9)) == [])
        #expect(watch.handle(.scanned([]), at: .seconds(11)) == [.expire(link, .refused)])
        #expect(watch.handle(.scanned([USBSamples.sighting()]), at: .seconds(12)) == [.tell(.found(device()))])

        let second = USBWatch.LinkID(rawValue: 2)
        _ = watch.handle(.scanned([]), at: .seconds(12))
        _ = watch.handle(.awaited(second, serial, limit: nil), at: .seconds(12))
        _ = watch.handle(.ended(second, nil), at: .seconds(12))
        #expect(watch.handle(.scanned([USBSamples.sighting()]), at: .seconds(13)) == [.tell(.found(device()))])
    }

    @Test("A link whose device is there and may not be opened expires with that")
    mutating func expiresBesides() {
        _ = watch.handle(.awaited(link, serial, limit: .seconds(10)), at: .zero)
        _ = watch.handle(.scanned([USBSamples.sighting(isOpenable: false)]), at: .zero)
        #expect(
            watch.handle(.scanned([USBSamples.sighting(isOpenable: false)]), at: .seconds(10))
                == [.expire(link, .unreachable)])
    }

    @Test("After a reset, a device of that serial number at another port is not the one that was lost")
    mutating func returnsToItsPort() {
        _ = watch.handle(.scanned([USBSamples.sighting()]), at: .zero)
        _ = watch.handle(.awaited(link, serial, limit: nil), at: .zero)
        _ = watch.handle(.ended(link, .reset), at: .zero)
        let second = USBWatch.LinkID(rawValue: 2)
        _ = watch.handle(.scanned([USBSamples.sighting("1-2", address: 3)]), at: .seconds(1))
        #expect(watch.handle(.awaited(second, serial, limit: nil), at: .seconds(1)) == [])
        #expect(
            watch.handle(.scanned([USBSamples.sighting(address: 4)]), at: .seconds(2)).last
                == .open(second, place(address: 4)))
    }

    @Test("It is looked at often without news of changes, seldom with, and soon where a device is expected back")
    mutating func looks() {
        #expect(watch.nextLook(isTold: false, at: .zero) == USBWatch.untoldInterval)
        #expect(watch.nextLook(isTold: true, at: .zero) == USBWatch.toldInterval)
        _ = watch.handle(.scanned([USBSamples.sighting()]), at: .zero)
        _ = watch.handle(.awaited(link, serial, limit: nil), at: .zero)
        _ = watch.handle(.scanned([]), at: .zero)
        _ = watch.handle(.ended(link, .unplugged), at: .zero)
        _ = watch.handle(.awaited(USBWatch.LinkID(rawValue: 2), serial, limit: nil), at: .zero)
        #expect(watch.nextLook(isTold: true, at: .zero) == USBReturnMatch.lookInterval)
        #expect(watch.nextLook(isTold: true, at: .seconds(41)) == USBReturnMatch.idleLookInterval)
    }
}
