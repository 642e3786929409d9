import Crypto
import Testing

@testable import MCUbootImage

@Suite("Whether an image is one for this device")
struct ImagePolicyTests {
    private let signer = ImageForge.Signer.ed25519(Curve25519.Signing.PrivateKey())
    private let dependency = ImageForge.TLV(0x40, [1, 0, 0, 0, 2, 1, 0, 0, 9, 0, 0, 0])

    private func verdict(
        _ protected: [ImageForge.TLV] = [], for device: DeviceFirmware? = nil,
        _ change: (inout ImagePolicy) -> Void = { _ in },
        _ prepare: (inout ImageForge) -> Void = { _ in }
    ) throws -> String {
        var forge = ImageForge()
        forge.protected = protected
        prepare(&forge)
        var policy = ImagePolicy(keys: [try signer.key()], device: device)
        change(&policy)
        return code(ImageVerdict(of: try forge.image(signedBy: signer), under: policy))
    }

    @Test("Threat 10: a security counter below the device's is refused, and so is none")
    func securityCounter() throws {
        func counter(_ value: UInt32) -> [ImageForge.TLV] { [.init(0x50, littleEndian(value))] }
        let device = DeviceFirmware(securityCounter: 7)
        #expect(try verdict(counter(6), for: device) == "security-counter-too-low")
        #expect(try verdict(counter(7), for: device) == "accepted")
        #expect(try verdict(counter(.max), for: device) == "accepted")
        #expect(try verdict(for: device) == "security-counter-missing")
        #expect(try verdict(counter(6), for: DeviceFirmware()) == "accepted")
        #expect(try verdict(counter(6), for: device, { $0.allowsDowngrade = true }) == "security-counter-too-low")
    }

    @Test("Threat 10: an older version is refused unless a rollout says so; the build number counts")
    func downgrade() throws {
        // The image is 1.2.3+4.
        for (running, expected) in [
            ("1.2.3+4", "accepted"), ("1.2.3+3", "accepted"), ("1.2.3+5", "downgrade"), ("1.2.4", "downgrade"),
            ("1.3.0", "downgrade"), ("2.0.0", "downgrade"), ("1.2.2+9", "accepted"), ("0.255.65535", "accepted"),
        ] {
            let device = DeviceFirmware(version: ImageVersion(running))
            #expect(try verdict(for: device) == expected, "\(running)")
            #expect(try verdict(for: device, { $0.allowsDowngrade = true }) == "accepted", "\(running)")
        }
    }

    @Test("What an image needs is there, in its version")
    func dependencies() throws {
        for (images, expected): ([UInt8: String], String) in [
            ([1: "2.1.0+9"], "accepted"), ([1: "2.1.0+8"], "dependency-unmet"), ([1: "2.0.255"], "dependency-unmet"),
            ([1: "3.0.0"], "accepted"), ([:], "dependency-unmet"), ([0: "9.0.0", 2: "9.0.0"], "dependency-unmet"),
        ] {
            let device = DeviceFirmware(images: images.compactMapValues { ImageVersion($0) })
            #expect(try verdict([dependency], for: device) == expected, "\(images)")
        }
        #expect(try verdict([dependency]) == "accepted")
    }

    @Test("Vendor and class are the device's, where it has any")
    func identifiers() throws {
        let uuid = [UInt8](repeating: 9, count: 16), other = [UInt8](repeating: 8, count: 16)
        for (type, code): (UInt16, String) in [(0x74, "vendor-mismatch"), (0x75, "class-mismatch")] {
            func device(_ value: [UInt8]) -> DeviceFirmware {
                type == 0x74 ? DeviceFirmware(vendorUUID: value) : DeviceFirmware(classUUID: value)
            }
            #expect(try verdict([.init(type, uuid)], for: device(uuid)) == "accepted")
            #expect(try verdict([.init(type, uuid)], for: device(other)) == code)
            #expect(try verdict(for: device(uuid)) == code)
            #expect(try verdict([.init(type, uuid)], for: DeviceFirmware()) == "accepted")
        }
    }

    @Test("The boot loader's own bytes at the slot's end are not the image's")
    func slot() throws {
        let length = try ImageForge().image(signedBy: signer).count
        func verdict(_ slotLength: Int, trailer: Int = ImagePolicy.trailerLengthDefault) throws -> String {
            try self.verdict(
                change: {
                    $0.slotLength = slotLength
                    $0.trailerLength = trailer
                })
        }
        #expect(try verdict(length + ImagePolicy.trailerLengthDefault) == "accepted")
        #expect(try verdict(length + ImagePolicy.trailerLengthDefault - 1) == "slot-too-small")
        #expect(try verdict(length) == "slot-too-small")
        #expect(try verdict(length, trailer: 0) == "accepted")
        #expect(try verdict(length - 1, trailer: 0) == "slot-too-small")
        #expect(try verdict(1) == "slot-too-small")
    }

    private func verdict(change: (inout ImagePolicy) -> Void) throws -> String {
        try verdict([], for: nil, change)
    }

    @Test("An image for one address is refused for a slot that is elsewhere")
    func address() throws {
        func verdict(_ device: DeviceFirmware?) throws -> String {
            try self.verdict(for: device, { _ in }) {
                $0.flags = 0x100
                $0.loadAddress = 0xC000
            }
        }
        #expect(try verdict(nil) == "accepted")
        #expect(try verdict(DeviceFirmware()) == "accepted")
        #expect(try verdict(DeviceFirmware(slotAddress: 0x8000)) == "address-mismatch")
        #expect(try verdict(DeviceFirmware(slotAddress: 0xC000)) == "accepted")
    }

    @Test("A file of another hash than the metadata says is refused")
    func fileHash() throws {
        let file = try ImageForge().image(signedBy: signer)
        var policy = ImagePolicy(keys: [try signer.key()], fileHash: Array(SHA256.hash(data: file)))
        #expect(code(ImageVerdict(of: file, under: policy)) == "accepted")
        policy.fileHash?[31] ^= 1
        #expect(code(ImageVerdict(of: file, under: policy)) == "file-hash-wrong")
    }

    @Test("Of an encrypted image layout, stated hash and the file's hash are checked, and it says so")
    func encrypted() throws {
        var forge = ImageForge()
        forge.flags = 4
        let digest = [UInt8](repeating: 7, count: 32)  // Of the plaintext, which nobody here knows.
        func file(_ wrapped: [ImageForge.TLV], flags: UInt32 = 4) throws -> [UInt8] {
            forge.flags = flags
            return forge.image([.init(0x10, digest), signer.keyHash, try signer.signature(over: digest)] + wrapped)
        }
        func verdict(_ file: [UInt8]) throws -> ImageVerdict {
            ImageVerdict(
                of: file, under: ImagePolicy(keys: [try signer.key()], fileHash: Array(SHA256.hash(data: file))))
        }
        for (type, aes128, aes256): (UInt16, Int, Int) in [
            (0x30, 256, 256), (0x31, 24, 40), (0x32, 113, 129), (0x33, 80, 96), (0x34, 112, 128),
        ] {
            for (flags, length): (UInt32, Int) in [(4, aes128), (8, aes256)] {
                let image = try file([.init(type, [UInt8](repeating: 1, count: length))], flags: flags)
                #expect(
                    code(ImageVerdict(of: image, under: ImagePolicy(keys: [try signer.key()])))
                        == "encrypted-without-file-hash")
                guard case .accepted(let accepted) = try verdict(image) else {
                    Issue.record("\(type): \(code(try verdict(image)))")
                    continue
                }
                #expect(accepted.payloadProof == .fileHashOnly)
                let short = try file([.init(type, [UInt8](repeating: 1, count: length - 1))], flags: flags)
                #expect(code(try verdict(short)) == "tlv-length-wrong")
            }
        }
        let wrapped = ImageForge.TLV(0x33, [UInt8](repeating: 1, count: 80))
        #expect(code(try verdict(try file([]))) == "encryption-key-missing")
        #expect(code(try verdict(try file([wrapped, wrapped]))) == "tlv-repeated")
        #expect(
            code(try verdict(try file([wrapped, .init(0x31, [UInt8](repeating: 1, count: 24))]))) == "tlv-repeated")
        #expect(code(try verdict(try file([wrapped], flags: 12))) == "encryption-ambiguous")
        #expect(code(try verdict(try file([wrapped], flags: 0))) == "encryption-key-without-flag")
    }
}
