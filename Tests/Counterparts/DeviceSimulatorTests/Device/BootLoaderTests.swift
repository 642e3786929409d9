import CBORCoding
import CORProtocol
import Crypto
import DeviceSimulator
import SMPProtocol
import Testing

@Suite("The device's boot loader")
struct BootLoaderTests {
    private static let image = ImageTests.image(major: 2, bodyLength: 3_000)

    /// A device with the image in its second slot, marked.
    private func marked(
        _ image: [UInt8] = image, confirm: Bool = false, _ configure: (inout DeviceSetup) -> Void = { _ in }
    ) throws -> DeviceBench {
        var bench = try DeviceBench(configure)
        _ = try ImageTests.upload(image, to: &bench)
        _ = try bench.ask(
            ImageStateWriteRequest(hash: ImageSummary(file: image).hash, confirm: confirm))
        return bench
    }

    private func restart(_ bench: inout DeviceBench) throws -> [DeviceReport] {
        _ = try bench.ask(ResetRequest())
        return reports(bench.pass(.seconds(2)))
    }

    private func slots(_ bench: inout DeviceBench) throws -> [ImageSlot] {
        try bench.ask(ImageStateReadRequest()).slots
    }

    @Test("A marked image runs once, and the next start brings the one before back")
    func testAndRevert() throws {
        var bench = try marked()
        #expect(try restart(&bench).contains(.imageSwapped(version: "2.2.3")))
        let tried = try slots(&bench)
        #expect(tried.map(\.version) == ["2.2.3", "1.0.0"])
        #expect(tried.map(\.isConfirmed) == [false, true] && tried[0].isActive)
        #expect(try restart(&bench).contains(.imageReverted(version: "1.0.0")))
        let reverted = try slots(&bench)
        #expect(reverted.map(\.version) == ["1.0.0", "2.2.3"] && reverted[0].isConfirmed && !reverted[1].isPending)
    }

    @Test("A confirmed image stays")
    func confirm() throws {
        var bench = try marked()
        _ = try restart(&bench)
        _ = try bench.ask(ImageStateWriteRequest(hash: nil, confirm: true))
        _ = try restart(&bench)
        #expect(try slots(&bench).first.map { ($0.version == "2.2.3") && $0.isConfirmed } == true)
    }

    @Test("An image that was marked for good is not tried")
    func permanent() throws {
        var bench = try marked(confirm: true)
        _ = try restart(&bench)
        _ = try restart(&bench)
        #expect(try slots(&bench)[0].version == "2.2.3")
    }

    @Test("While an image is on trial no other is taken, and the one before is not given away")
    func onTrial() throws {
        var bench = try marked()
        _ = try restart(&bench)
        #expect(throws: SMPFailure(group: 1, code: 9)) {
            try bench.ask(ImageTests.chunk(of: ImageTests.image(major: 3, bodyLength: 10), at: 0))
        }
        #expect(throws: SMPFailure(group: 1, code: 9)) { try bench.ask(ImageEraseRequest()) }
    }

    @Test("Every flipped byte makes an image that can be marked, and is erased at the start without a word")
    func corrupt() throws {
        for index in stride(from: 32, to: Self.image.count, by: 97) {
            var corrupt = Self.image
            corrupt[index] ^= 1
            guard ImageSummary(file: corrupt).isBootable else { continue }
            var bench = try marked(corrupt)
            #expect(try restart(&bench).contains(.imageRefused))
            let left = try slots(&bench)
            #expect(left.map(\.version) == ["1.0.0"] && left[0].isConfirmed, "byte \(index)")
        }
    }

    @Test("A key in the boot loader accepts what it has signed, and nothing else")
    func key() throws {
        let key = Curve25519.Signing.PrivateKey()
        let der: [UInt8] =
            [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + key.publicKey.rawRepresentation
        let body = Array(Self.image.dropLast(40))
        func signed(by signer: Curve25519.Signing.PrivateKey) throws -> [UInt8] {
            let hash = Array(Self.image.suffix(32))
            let signature = try signer.signature(for: hash)
            let length = UInt16(4 + 36 + 36 + 68)
            return body + [0x07, 0x69, UInt8(length & 0xFF), UInt8(length >> 8), 0x10, 0, 32, 0] + hash
                + [0x01, 0, 32, 0] + SHA256.hash(data: der) + [0x24, 0, 64, 0] + signature
        }
        for (image, expected) in [
            (try signed(by: key), "2.2.3"), (try signed(by: .init()), "1.0.0"), (Self.image, "1.0.0"),
        ] {
            var bench = try marked(image) { $0.bootKey = BootKey(der: der) }
            _ = try restart(&bench)
            #expect(try slots(&bench)[0].version == expected)
        }
    }

    @Test("A power cut in the middle of the swap delays it, and changes nothing else")
    func cutDuringSwap() throws {
        var bench = try marked()
        _ = bench.perform(.fault(FaultOrder(fault: .cutDuringSwap, number: 1)))
        let told = try restart(&bench)
        #expect(told.contains(.faultStruck(.cutDuringSwap)) && told.contains(.imageSwapped(version: "2.2.3")))
        #expect(try slots(&bench)[0].version == "2.2.3")
    }

    @Test("What stands about the slots is kept over a switch-off: a start is a start")
    func switchedOff() throws {
        var bench = try marked()
        _ = try restart(&bench)
        var again = try DeviceBench(snapshot: bench.model.snapshot)
        let found = try slots(&again)
        #expect(found.map(\.version) == ["1.0.0", "2.2.3"] && found[0].isConfirmed)
        #expect(try DeviceSnapshot(decoding: bench.model.snapshot.encoded()) == bench.model.snapshot)
    }

    @Test("In recovery the boot loader takes an image into the first slot, and speaks no group 64")
    func recovery() throws {
        var bench = try DeviceBench()
        _ = try bench.ask(ResetRequest(bootMode: 1))
        #expect(reports(bench.pass(.seconds(1))).contains(.inRecovery))
        #expect(throws: SMPFailure(.notSupported)) {
            _ = try bench.list()
        }
        #expect(try ImageTests.upload(Self.image, to: &bench).match == true)
        _ = try restart(&bench)
        #expect(try slots(&bench).map(\.version) == ["2.2.3"])
        #expect(try bench.list().records == [])
    }

    @Test("The battery pays for what is written")
    func drain() throws {
        var bench = try DeviceBench()
        _ = bench.perform(.fault(FaultOrder(fault: .batteryDrain, number: 100)))
        let before = try bench.ask(.read, .status, for: StatusResponse.self).batteryPercent
        _ = try ImageTests.upload(Self.image, to: &bench)
        let after = try bench.ask(.read, .status, for: StatusResponse.self).batteryPercent
        #expect(before - after == 30)
    }
}
