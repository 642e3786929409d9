import CORProtocol
import HubCore
import Testing

@Suite("Which link to a device is used")
struct DeviceReachTests {
    private let usb = DiscoveredDevice(kind: .usb, address: "usb:COR1-0001", serial: "COR1-0001")
    private let ble = DiscoveredDevice(kind: .ble, address: "ble:C0:00:00:00:00:01", signalStrength: -60)
    private let udp = "udp://127.0.0.1:1337"
    private let device: ReachedDevice

    init() throws {
        device = ReachedDevice(serial: try #require(DeviceSerial("COR1-0001")), trust: .attested)
    }

    private func handle(_ reach: inout DeviceReach, _ event: DeviceReach.Event) -> [DeviceReach.Effect] {
        reach.handle(event, chance: 0.5)
    }

    /// A reach whose only link, UDP, is admitted.
    private func withUDP() -> DeviceReach {
        var reach = DeviceReach()
        #expect(handle(&reach, .configured(address: udp, kind: .udp)) == [.open(address: udp, kind: .udp)])
        #expect(handle(&reach, .attested(address: udp, device)) == [.admit(address: udp)])
        return reach
    }

    @Test("A better link takes the device only once the worse one has ended")
    func better() {
        var reach = withUDP()
        #expect(handle(&reach, .found(usb)) == [.open(address: usb.address, kind: .usb)])
        #expect(handle(&reach, .attested(address: usb.address, device)) == [.supersede(address: udp)])
        #expect(
            handle(&reach, .ended(address: udp, .superseded, worth: .delivered)) == [
                .hide(address: udp, kind: .udp, behind: usb.address), .admit(address: usb.address),
            ])
    }

    @Test("A worse link that shows the same device is hidden")
    func worse() {
        var reach = DeviceReach()
        _ = handle(&reach, .found(usb))
        _ = handle(&reach, .attested(address: usb.address, device))
        #expect(handle(&reach, .found(ble)) == [.open(address: ble.address, kind: .ble)])
        #expect(handle(&reach, .attested(address: ble.address, device)) == [.supersede(address: ble.address)])
        #expect(
            handle(&reach, .ended(address: ble.address, .superseded, worth: .none)) == [
                .hide(address: ble.address, kind: .ble, behind: usb.address)
            ])
        // It tells again that it is there.
        #expect(handle(&reach, .found(ble)) == [])
    }

    @Test("A worse link that only claims to be the device is hidden without being opened")
    func worseClaim() {
        var reach = DeviceReach()
        _ = handle(&reach, .found(usb))
        _ = handle(&reach, .attested(address: usb.address, device))
        var claiming = ble
        claiming.serial = "COR1-0001"
        #expect(
            handle(&reach, .found(claiming)) == [.hide(address: ble.address, kind: .ble, behind: usb.address)])
    }

    @Test("When the link in use is lost, the hidden one takes over at once, and the better one comes back")
    func fallOver() {
        var reach = withUDP()
        _ = handle(&reach, .found(usb))
        _ = handle(&reach, .attested(address: usb.address, device))
        _ = handle(&reach, .ended(address: udp, .superseded, worth: .delivered))

        #expect(handle(&reach, .lost(address: usb.address)) == [])
        #expect(
            handle(&reach, .ended(address: usb.address, .linkGone, worth: .delivered)) == [
                .forget(address: usb.address), .open(address: udp, kind: .udp),
            ])
        #expect(handle(&reach, .attested(address: udp, device)) == [.admit(address: udp)])

        #expect(handle(&reach, .found(usb)) == [.open(address: usb.address, kind: .usb)])
        #expect(handle(&reach, .attested(address: usb.address, device)) == [.supersede(address: udp)])
    }

    @Test("A better link that fails before it is admitted leaves the worse one in use")
    func betterFails() {
        var reach = withUDP()
        _ = handle(&reach, .found(usb))
        #expect(
            handle(&reach, .ended(address: usb.address, .silent, worth: .none)) == [
                .startTimer(address: usb.address, id: 1, after: .milliseconds(100))
            ])
        #expect(handle(&reach, .timerFired(address: usb.address, id: 0)) == [])
        #expect(
            handle(&reach, .timerFired(address: usb.address, id: 1)) == [.open(address: usb.address, kind: .usb)])
    }

    @Test("A better link that dies while the worse one ends gives the device back")
    func bothEnd() {
        var reach = withUDP()
        _ = handle(&reach, .found(usb))
        _ = handle(&reach, .attested(address: usb.address, device))
        #expect(
            handle(&reach, .ended(address: usb.address, .linkGone, worth: .none)) == [
                .startTimer(address: usb.address, id: 1, after: .milliseconds(100))
            ])
        #expect(
            handle(&reach, .ended(address: udp, .superseded, worth: .delivered)) == [.open(address: udp, kind: .udp)])
    }

    @Test("Of two links of the same kind the first stays")
    func sameKind() {
        var reach = withUDP()
        _ = handle(&reach, .configured(address: "udp://127.0.0.1:1338", kind: .udp))
        #expect(
            handle(&reach, .attested(address: "udp://127.0.0.1:1338", device))
                == [.supersede(address: "udp://127.0.0.1:1338")])
    }

    @Test("Two devices are worked with side by side")
    func twoDevices() throws {
        var reach = withUDP()
        let other = ReachedDevice(serial: try #require(DeviceSerial("COR1-0002")), trust: .attested)
        _ = handle(&reach, .found(usb))
        #expect(handle(&reach, .attested(address: usb.address, other)) == [.admit(address: usb.address)])
    }

    @Test("Threat 3: a device that claims another's serial number takes nothing from it")
    func impostor() {
        var reach = withUDP()
        // The claim opens a session of its own, and that is all.
        #expect(handle(&reach, .found(usb)) == [.open(address: usb.address, kind: .usb)])
        let impostor = ReachedDevice(serial: device.serial, trust: .linkOnly)
        #expect(handle(&reach, .attested(address: usb.address, impostor)) == [.admit(address: usb.address)])
        // Nor does it keep the true device away, once that is seen anew.
        var true2 = ble
        true2.serial = device.serial.text
        var fresh = DeviceReach()
        _ = handle(&fresh, .found(usb))
        _ = handle(&fresh, .attested(address: usb.address, impostor))
        #expect(handle(&fresh, .found(true2)) == [.open(address: ble.address, kind: .ble)])
    }

    @Test("What is discovered beyond the bound is ignored, and there is room again once something is lost")
    func bound() {
        var reach = DeviceReach()
        func found(_ index: Int) -> DeviceReach.Event {
            .found(DiscoveredDevice(kind: .ble, address: "ble:\(index)"))
        }
        for index in 0..<DeviceReach.wayCountMax {
            #expect(handle(&reach, found(index)) == [.open(address: "ble:\(index)", kind: .ble)])
        }
        #expect(handle(&reach, found(1_000)) == [])
        _ = handle(&reach, .lost(address: "ble:0"))
        #expect(handle(&reach, .ended(address: "ble:0", .linkGone, worth: .none)) == [.forget(address: "ble:0")])
        #expect(handle(&reach, found(1_000)) == [.open(address: "ble:1000", kind: .ble)])
    }

    @Test("A link that waits is opened at once where somebody wants it, and its timer means nothing then")
    func retried() {
        var reach = withUDP()
        #expect(handle(&reach, .retryRequested(address: udp)) == [], "it is open")
        let ended = handle(&reach, .ended(address: udp, .refused(.ownedByAnother), worth: .none))
        guard case .startTimer(udp, let timer, _)? = ended.first else {
            Issue.record("\(ended)")
            return
        }
        #expect(handle(&reach, .retryRequested(address: udp)) == [.open(address: udp, kind: .udp)])
        #expect(handle(&reach, .timerFired(address: udp, id: timer)) == [])
        #expect(handle(&reach, .retryRequested(address: "udp://127.0.0.1:9")) == [])
    }

    @Test("Late news of a link that is not in use changes nothing")
    func late() {
        var reach = withUDP()
        #expect(handle(&reach, .attested(address: udp, device)) == [])
        #expect(handle(&reach, .attested(address: "udp://127.0.0.1:9", device)) == [])
        #expect(handle(&reach, .ended(address: "udp://127.0.0.1:9", .linkGone, worth: .delivered)) == [])
        #expect(handle(&reach, .lost(address: "udp://127.0.0.1:9")) == [])
        #expect(handle(&reach, .timerFired(address: udp, id: 7)) == [])
    }
}
