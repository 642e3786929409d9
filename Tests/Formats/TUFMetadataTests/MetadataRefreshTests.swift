import Crypto
import TestSupport
import Testing

@testable import TUFMetadata

@Suite("The workflow of a TUF client")
struct MetadataRefreshTests {
    private let maker = MetadataMaker()
    private let now: Int64 = 1_000_000_000

    private func started() throws -> MetadataRefresh {
        var refresh = MetadataRefresh(startTime: now)
        #expect(refresh.handle(.started) == [.load(name: "root.json")])
        #expect(refresh.handle(.loaded(try maker.root())) == [.fetch(path: "2.root.json", lengthMax: 512_000)])
        return refresh
    }

    private func fault(_ effects: [MetadataRefresh.Effect]) -> String? {
        if case .finish(.failed(let fault))? = effects.last { fault.code } else { nil }
    }

    @Test("A first refresh asks for four files, in their order, and stores what it accepts")
    func first() throws {
        var refresh = try started()
        let timestamp = try maker.timestamp(), snapshot = try maker.snapshot(), targets = try maker.targets()
        #expect(refresh.handle(.fetched(.failure(.status(404)))) == [.load(name: "timestamp.json")])
        #expect(refresh.handle(.loaded(nil)) == [.fetch(path: "timestamp.json", lengthMax: 16_384)])
        #expect(
            refresh.handle(.fetched(.success(timestamp)))
                == [.store(name: "timestamp.json", timestamp), .load(name: "snapshot.json")])
        #expect(refresh.handle(.loaded(nil)) == [.fetch(path: "1.snapshot.json", lengthMax: 2_000_000)])
        #expect(
            refresh.handle(.fetched(.success(snapshot)))
                == [.store(name: "snapshot.json", snapshot), .load(name: "targets.json")])
        #expect(refresh.handle(.loaded(nil)) == [.fetch(path: "1.targets.json", lengthMax: 5_000_000)])
        #expect(
            refresh.handle(.fetched(.success(targets)))
                == [.store(name: "targets.json", targets), .finish(.refreshed)])
        guard case .finish(.found(let target, let location))? = refresh.handle(.targetWanted(path: "a/b c.bin")).last
        else {
            Issue.record("not found")
            return
        }
        #expect(target.length == 3)
        #expect(location == "a/\(maker.targetHash).b%20c.bin")
        #expect(fault(refresh.handle(.targetWanted(path: "a/b"))) == "target-not-found")
        // An answer that was no target does not end the workflow.
        #expect(fault(refresh.handle(.targetWanted(path: "a/b c.bin"))) == nil)
    }

    @Test("What is stored and still right is not fetched again")
    func again() throws {
        var refresh = try started()
        _ = refresh.handle(.fetched(.failure(.status(403))))
        _ = refresh.handle(.loaded(try maker.timestamp()))
        #expect(refresh.handle(.fetched(.success(try maker.timestamp()))) == [.load(name: "snapshot.json")])
        #expect(refresh.handle(.loaded(try maker.snapshot())) == [.load(name: "targets.json")])
        #expect(refresh.handle(.loaded(try maker.targets())) == [.finish(.refreshed)])
    }

    @Test("A root is stored as soon as it counts, and a key that goes takes timestamp and snapshot with it")
    func rotation() throws {
        var refresh = try started()
        let plain = try maker.root(version: 2)
        #expect(
            refresh.handle(.fetched(.success(plain)))
                == [.store(name: "root.json", plain), .fetch(path: "3.root.json", lengthMax: 512_000)])
        let rotated = try maker.root(version: 3, timestampKey: Curve25519.Signing.PrivateKey())
        #expect(
            refresh.handle(.fetched(.success(rotated))) == [
                .store(name: "root.json", rotated), .remove(name: "timestamp.json"), .remove(name: "snapshot.json"),
                .fetch(path: "4.root.json", lengthMax: 512_000),
            ])
        #expect(fault(refresh.handle(.fetched(.success(try maker.root(version: 3))))) == "version-wrong")
    }

    @Test("An expired root is stored and ends the refresh")
    func expiredRoot() throws {
        var refresh = try started()
        let expired = try maker.root(version: 2, expires: "2001-01-01T00:00:00Z")
        #expect(refresh.handle(.fetched(.success(expired))).first == .store(name: "root.json", expired))
        _ = refresh.handle(.fetched(.failure(.status(404))))
        #expect(fault(refresh.handle(.loaded(nil))) == "expired")
    }

    @Test("Expiry is the second that is named")
    func secondOfExpiry() throws {
        // 2001-09-09T01:46:40Z is `now`.
        for (time, code) in [("2001-09-09T01:46:40Z", "expired"), ("2001-09-09T01:46:41Z", nil)] {
            var refresh = try started()
            _ = refresh.handle(.fetched(.failure(.status(404))))
            _ = refresh.handle(.loaded(nil))
            #expect(fault(refresh.handle(.fetched(.success(try maker.timestamp(expires: time))))) == code)
        }
    }

    @Test("Before all time nothing has expired, and when the first of it ends is told; signatures count as ever")
    func withoutRegardToTime() throws {
        let ended = try maker.timestamp(expires: "1990-01-01T00:00:00Z")
        var refresh = MetadataRefresh(startTime: .min)
        _ = refresh.handle(.started)
        _ = refresh.handle(.loaded(try maker.root(expires: "1995-01-01T00:00:00Z")))
        _ = refresh.handle(.fetched(.failure(.status(404))))
        _ = refresh.handle(.loaded(ended))
        #expect(refresh.handle(.fetched(.success(ended))) == [.load(name: "snapshot.json")])
        #expect(refresh.validUntil == nil)
        _ = refresh.handle(.loaded(try maker.snapshot()))
        #expect(refresh.handle(.loaded(try maker.targets())) == [.finish(.refreshed)])
        #expect(refresh.validUntil == 631_152_000)

        var forged = MetadataRefresh(startTime: .min)
        _ = forged.handle(.started)
        #expect(
            fault(forged.handle(.loaded(try maker.root(signer: Curve25519.Signing.PrivateKey())))) == "unsigned")
    }

    @Test("A failure to store ends the refresh, and nothing follows it")
    func storing() throws {
        var refresh = try started()
        #expect(fault(refresh.handle(.storingFailed(name: "root.json"))) == "storage")
        #expect(fault(refresh.handle(.fetched(.success([])))) == "out-of-order")
        #expect(fault(refresh.handle(.targetWanted(path: "a"))) == "out-of-order")
    }

    @Test("Without a root there is nothing to trust")
    func noRoot() throws {
        for (bytes, code): ([UInt8]?, String) in [
            (nil, "storage"), ([], "malformed"), (try maker.timestamp(), "malformed"),
            (try maker.root(signer: Curve25519.Signing.PrivateKey()), "unsigned"),
        ] {
            var refresh = MetadataRefresh(startTime: now)
            _ = refresh.handle(.started)
            #expect(fault(refresh.handle(.loaded(bytes))) == code)
        }
    }

    @Test("Every bit of signed metadata counts")
    func everyBit() throws {
        var refresh = try started()
        _ = refresh.handle(.fetched(.failure(.status(404))))
        _ = refresh.handle(.loaded(nil))
        let timestamp = try maker.timestamp()
        let text = String(decoding: timestamp, as: UTF8.self)
        let signed = try #require(text.firstRange(of: "\"signed\":"))
        let offset = text.utf8.distance(from: text.startIndex, to: signed.upperBound)
        for index in offset..<(timestamp.count - 1) {
            for bit in 0..<8 {
                var flipped = timestamp
                flipped[index] ^= 1 << UInt8(bit)
                var other = refresh
                #expect(fault(other.handle(.fetched(.success(flipped)))) != nil, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test("Names of files are escaped, and roles of long names are refused")
    func names() {
        #expect(RepositoryPath.metadata("../x y", version: 3) == "3...%2Fx%20y.json")
        #expect(RepositoryPath.stored("a") == "a.json")
        #expect(RepositoryPath.stored(String(repeating: "a", count: 235)) != nil)
        #expect(RepositoryPath.stored(String(repeating: "a", count: 236)) == nil)
        #expect(RepositoryPath.stored(String(repeating: "/", count: 79)) == nil)
    }
}
