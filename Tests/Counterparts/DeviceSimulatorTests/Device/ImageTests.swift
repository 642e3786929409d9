import Crypto
import DeviceSimulator
import SMPProtocol
import Testing

@Suite("Image slots of the device")
struct ImageTests {
    /// A minimal MCUboot image: a header of 32 bytes, a body, a TLV area with the SHA-256 of both.
    static func image(major: UInt8, bodyLength: Int) -> [UInt8] {
        func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        var image = littleEndian(UInt32(0x96F3_B83D)) + littleEndian(UInt32(0)) + littleEndian(UInt16(32))
        image += littleEndian(UInt16(0)) + littleEndian(UInt32(bodyLength)) + littleEndian(UInt32(0))
        image += [major, 2] + littleEndian(UInt16(3)) + littleEndian(UInt32(0)) + littleEndian(UInt32(0))
        image += (0..<bodyLength).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let hash = Array(SHA256.hash(data: image))
        image += littleEndian(UInt16(0x6907)) + littleEndian(UInt16(4 + 4 + 32))
        return image + littleEndian(UInt16(0x10)) + littleEndian(UInt16(32)) + hash
    }

    static func hash(of image: [UInt8]) -> [UInt8] { Array(image.suffix(32)) }

    static func digest(of image: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: image)) }

    static func chunk(
        of image: [UInt8], at offset: Int, length: Int = 400, digest: [UInt8]? = nil, upgrade: Bool? = nil
    ) -> ImageUploadRequest {
        let first = ImageUploadRequest.First(
            length: UInt32(image.count), digest: digest ?? self.digest(of: image), upgrade: upgrade)
        return ImageUploadRequest(
            first: offset == 0 ? first : nil, offset: UInt32(offset), data: Array(image[offset...].prefix(length)))
    }

    /// Uploads what follows `offset`, and returns the last answer.
    static func upload(
        _ image: [UInt8], from offset: Int = 0, to bench: inout DeviceBench
    ) throws -> ImageUploadResponse {
        var response = ImageUploadResponse(offset: UInt32(offset))
        repeat {
            response = try bench.ask(chunk(of: image, at: Int(response.offset)))
        } while Int(response.offset) < image.count
        return response
    }

    @Test("An uploaded image stands in the secondary slot with its own version and hash")
    func upload() throws {
        let image = Self.image(major: 2, bodyLength: 3_000)
        var bench = try DeviceBench()
        #expect(try bench.ask(ImageStateReadRequest()).slots.count == 1)
        let last = try Self.upload(image, to: &bench)
        #expect(last == ImageUploadResponse(offset: UInt32(image.count), match: true))
        let slots = try bench.ask(ImageStateReadRequest()).slots
        #expect(slots.map(\.slot) == [0, 1])
        #expect(slots[0].isActive && slots[0].isConfirmed && slots[0].version == "1.0.0")
        #expect(slots[1] == ImageSlot(slot: 1, version: "2.2.3", hash: Self.hash(of: image)))
    }

    @Test("The same file at offset 0 goes on where it stopped, another one begins anew")
    func resume() throws {
        let image = Self.image(major: 2, bodyLength: 3_000)
        var bench = try DeviceBench()
        _ = try bench.ask(Self.chunk(of: image, at: 0))
        _ = try bench.ask(Self.chunk(of: image, at: 400))
        #expect(try bench.ask(Self.chunk(of: image, at: 0)).offset == 800)
        #expect(try Self.upload(image, from: 800, to: &bench).match == true)
        let other = Self.image(major: 3, bodyLength: 1_000)
        _ = try bench.ask(Self.chunk(of: image, at: 0))
        #expect(try bench.ask(Self.chunk(of: other, at: 0)).offset == 400)
        #expect(try Self.upload(other, from: 400, to: &bench).match == true)
        #expect(try bench.ask(ImageStateReadRequest()).slots.last?.version == "3.2.3")
    }

    @Test("A device that loses its memory in the middle of an upload has an empty slot, and begins anew")
    func killed() throws {
        let old = Self.image(major: 2, bodyLength: 3_000), new = Self.image(major: 3, bodyLength: 3_000)
        var bench = try DeviceBench()
        _ = try Self.upload(old, to: &bench)
        _ = try bench.ask(Self.chunk(of: new, at: 0))
        _ = try bench.ask(Self.chunk(of: new, at: 400))
        // What was durable last is all that there is.
        let kept = try #require(
            bench.effects.compactMap { if case .persist(let snapshot) = $0 { snapshot } else { nil } }.last)
        var again = try DeviceBench(snapshot: kept)
        #expect(try again.ask(ImageStateReadRequest()).slots.map(\.version) == ["1.0.0"])
        // Only the bytes of this first part are there; a later part is answered with the offset that is wanted.
        #expect(try again.ask(Self.chunk(of: new, at: 800)).offset == 0)
        #expect(try again.ask(Self.chunk(of: new, at: 0)).offset == 400)
        #expect(try Self.upload(new, from: 400, to: &again).match == true)
        #expect(try again.ask(ImageStateReadRequest()).slots.last?.version == "3.2.3")
    }

    @Test("A chunk that is not the next one is answered with the offset that is wanted")
    func wrongOffset() throws {
        let image = Self.image(major: 2, bodyLength: 3_000)
        var bench = try DeviceBench()
        #expect(try bench.ask(Self.chunk(of: image, at: 400)).offset == 0)
        _ = try bench.ask(Self.chunk(of: image, at: 0))
        #expect(try bench.ask(Self.chunk(of: image, at: 800)).offset == 400)
        #expect(try bench.ask(Self.chunk(of: image, at: 400)).offset == 800)
        #expect(try bench.ask(Self.chunk(of: image, at: 400)).offset == 800)
    }

    @Test("A file with another digest than announced does not enter the slot")
    func wrongDigest() throws {
        let image = Self.image(major: 2, bodyLength: 100)
        var bench = try DeviceBench()
        let request = Self.chunk(of: image, at: 0, length: 1_000, digest: [UInt8](repeating: 7, count: 32))
        #expect(try bench.ask(request) == ImageUploadResponse(offset: UInt32(image.count), match: false))
        #expect(try bench.ask(ImageStateReadRequest()).slots.count == 1)
    }

    @Test(
        "What has arrived of an upload is there after a restart, unless the device forgets it",
        arguments: [false, true])
    func restart(forgets: Bool) throws {
        let image = Self.image(major: 2, bodyLength: 3_000)
        var bench = try DeviceBench()
        if forgets { _ = bench.perform(.fault(FaultOrder(fault: .forgetUpload))) }
        _ = try bench.ask(Self.chunk(of: image, at: 0))
        _ = try bench.ask(ResetRequest())
        _ = bench.pass(.seconds(1))
        #expect(try bench.ask(Self.chunk(of: image, at: 1_200)).offset == (forgets ? 0 : 400))
    }

    @Test("A file of the slot's length is taken, one byte more is refused")
    func slotLimit() throws {
        var bench = try DeviceBench { $0.slotLength = 1_000 }
        let fitting = [UInt8](repeating: 1, count: 1_000)
        #expect(try bench.ask(Self.chunk(of: fitting, at: 0, length: 1_000)).match == true)
        #expect(throws: SMPFailure(group: 1, code: 30)) {
            try bench.ask(Self.chunk(of: fitting + [1], at: 0, length: 1_000))
        }
    }

    @Test("A chunk beyond the announced length is refused")
    func overrun() throws {
        var bench = try DeviceBench()
        let first = ImageUploadRequest.First(length: 10, digest: nil)
        #expect(throws: SMPFailure(group: 1, code: 31)) {
            try bench.ask(ImageUploadRequest(first: first, offset: 0, data: [UInt8](repeating: 0, count: 11)))
        }
    }

    @Test("An upgrade must be newer than what runs")
    func upgrade() throws {
        var bench = try DeviceBench { $0.firmwareVersion = "2.2.3" }
        let same = Self.image(major: 2, bodyLength: 10)
        #expect(throws: SMPFailure(group: 1, code: 27)) {
            try bench.ask(Self.chunk(of: same, at: 0, upgrade: true))
        }
        let newer = Self.image(major: 3, bodyLength: 10)
        #expect(try bench.ask(Self.chunk(of: newer, at: 0, upgrade: true)).match == true)
    }

    @Test("A marked image is pending, and blocks upload and erase")
    func mark() throws {
        let image = Self.image(major: 2, bodyLength: 10)
        var bench = try DeviceBench()
        _ = try Self.upload(image, to: &bench)
        let marked = try bench.ask(ImageStateWriteRequest(hash: Self.hash(of: image), confirm: false))
        #expect(marked.slots[1].isPending && !marked.slots[1].isPermanent)
        #expect(throws: SMPFailure(group: 1, code: 28)) { try bench.ask(Self.chunk(of: image, at: 0)) }
        #expect(throws: SMPFailure(group: 1, code: 9)) { try bench.ask(ImageEraseRequest()) }
        let confirmed = try bench.ask(ImageStateWriteRequest(hash: Self.hash(of: image), confirm: true))
        #expect(confirmed.slots[1].isPending && confirmed.slots[1].isPermanent)
    }

    @Test("Marks that make no sense are refused by their codes")
    func markRefusals() throws {
        var bench = try DeviceBench()
        let running = try #require(try bench.ask(ImageStateReadRequest()).slots[0].hash)
        #expect(try bench.ask(ImageStateWriteRequest(hash: nil, confirm: true)).slots.count == 1)
        #expect(throws: SMPFailure(group: 1, code: 24)) {
            try bench.ask(ImageStateWriteRequest(hash: nil, confirm: false))
        }
        #expect(throws: SMPFailure(group: 1, code: 33)) {
            try bench.ask(ImageStateWriteRequest(hash: running, confirm: false))
        }
        #expect(throws: SMPFailure(group: 1, code: 8)) {
            try bench.ask(ImageStateWriteRequest(hash: [1, 2, 3], confirm: true))
        }
    }

    @Test("Erase empties the secondary slot only")
    func erase() throws {
        var bench = try DeviceBench()
        _ = try Self.upload(Self.image(major: 2, bodyLength: 10), to: &bench)
        _ = try bench.ask(ImageEraseRequest(slot: 1))
        #expect(try bench.ask(ImageStateReadRequest()).slots.count == 1)
        #expect(throws: SMPFailure(group: 1, code: 14)) { try bench.ask(ImageEraseRequest(slot: 0)) }
    }

    @Test("The slots' sizes are told")
    func slotInfo() throws {
        var bench = try DeviceBench { $0.slotLength = 4_096 }
        let info = try bench.ask(SlotInfoRequest())
        #expect(info.images.first?.slots.map(\.size) == [4_096, 4_096])
    }

    @Test("An image that is cut or lies about its lengths is read without a trap, and is not bootable")
    func malformed() {
        let image = Self.image(major: 2, bodyLength: 10)
        for length in 0..<image.count {
            #expect(!ImageSummary(file: Array(image.prefix(length))).isBootable)
        }
        var lying = image
        lying.replaceSubrange(12..<16, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(!ImageSummary(file: lying).isBootable)
    }
}
