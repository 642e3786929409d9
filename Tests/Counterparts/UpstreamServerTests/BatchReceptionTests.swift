import CORProtocol
import COSESigning
import Crypto
import JSONCoding
import Testing
import UpstreamServer
import X509

/// A real server and an HTTP client of another making: Python's, over OpenSSL.
@Suite("Batches over mTLS")
struct BatchReceptionTests {
    @Test("A batch gets a receipt that verifies, with its place in the log; the next follows it")
    func accepted() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let device = try TestDevice(of: upstream.maker)
            for index in UInt64(0)..<3 {
                let batch = try hub.cut(try device.items(index * 10 + 1...index * 10 + 10))
                let answer = try await upstream.peer.submit(batch.bytes, as: identity)
                #expect(answer.status == 200, "\(answer.json)")
                #expect(answer.headers["content-type"] == "application/cose")
                let receipt = try upstream.verified(answer.body)
                #expect(receipt.hubID == hub.id)
                #expect(receipt.epoch == hub.epoch)
                #expect(receipt.sequence == index + 1)
                #expect(receipt.nextSequence == index + 2)
                #expect(receipt.batchHash == batch.hash)
                #expect(receipt.status == .accepted)
                let inclusion = try InclusionReceipt(decoding: try #require(receipt.inclusion))
                #expect(inclusion.leafIndex == index)
                #expect(inclusion.verdict(leafData: batch.hash.bytes, key: upstream.receiptKey) == .valid)
            }
        }
    }

    @Test("Threat 8: the same batch again gets the same receipt, another under its sequence a 409 and an alarm")
    func threat8Replay() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let device = try TestDevice(of: upstream.maker)
            let other = try hub.signed(hub.draft(try device.items(1...2)))
            let batch = try hub.cut(try device.items(1...1))
            let first = try await upstream.peer.submit(batch.bytes, as: identity)
            let second = try await upstream.peer.submit(batch.bytes, as: identity)
            #expect(first.status == 200)
            #expect(second.body == first.body)

            let conflict = try await upstream.peer.submit(other.bytes, as: identity)
            #expect(conflict.status == 409)
            #expect(conflict.errorCode == "sequence-reused")
            #expect(conflict.json["error"]?["next_sequence"]?.integerValue == 2)
            let alarms = try await upstream.read("/v1/alarms")["alarms"]
            #expect(alarms?[0]?["kind"] == "sequence-reused")
            #expect(try await upstream.read("/v1/readings")["readings"]?.arrayValue?.count == 1)
        }
    }

    @Test("Threat 8: a dropped batch, a reordered one and one of another history are refused with what is expected")
    func threat8DropAndReorder() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let first = try hub.cut()
            let second = try hub.cut()
            let early = try await upstream.peer.submit(second.bytes, as: identity)
            #expect(early.status == 409)
            #expect(early.errorCode == "sequence-unexpected")
            #expect(early.json["error"]?["next_sequence"]?.integerValue == 1)
            #expect(try await upstream.peer.submit(first.bytes, as: identity).status == 200)

            var draft = hub.draft()
            draft.sequence = 2
            draft.previousHash = .of([1])
            let forked = try await upstream.peer.submit(try hub.signed(draft).bytes, as: identity)
            #expect(forked.status == 409)
            #expect(forked.errorCode == "previous-hash-mismatch")
            #expect(try await upstream.peer.submit(second.bytes, as: identity).status == 200)
        }
    }

    @Test("Threat 13: a hub that begins a new epoch is served and leaves an alarm; its old epoch is closed")
    func threat13RestoredDisk() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            #expect(try await upstream.peer.submit(try hub.cut().bytes, as: identity).status == 200)
            let stale = try hub.cut()
            try hub.beginEpoch(2)
            #expect(try await upstream.peer.submit(try hub.cut().bytes, as: identity).status == 200)
            let answer = try await upstream.peer.submit(stale.bytes, as: identity)
            #expect(answer.status == 409)
            #expect(answer.errorCode == "epoch-closed")
            let alarms = try await upstream.read("/v1/alarms")["alarms"]?.arrayValue ?? []
            #expect(alarms.map { $0["kind"] } == ["epoch-replaced", "epoch-closed"])
        }
    }

    @Test("Threat 4: a batch of another hub, of a wrong key or for another environment is refused; nothing is stored")
    func threat4WrongKeyOrSubject() async throws {
        try await TestUpstream.with { upstream in
            let (hub, identity) = try await upstream.enrolledHub()
            let (otherHub, otherIdentity) = try await upstream.enrolledHub("hub-0002")

            let foreign = try await upstream.peer.submit(try hub.signed(hub.draft()).bytes, as: otherIdentity)
            #expect(foreign.status == 403)
            #expect(foreign.errorCode == "wrong-hub")

            let wrongKey = try hub.signed(hub.draft(), key: .init())
            let wrongEnvironment = try hub.signed(hub.draft(), environment: "production")
            let otherSigner = try TestHub(key: otherHub.key, chain: otherHub.chain)
            let selfMade = try TestHub(key: hub.key, chain: try TestDevice(of: try TestMaker()).chain)
            for batch in [
                wrongKey, wrongEnvironment, try otherSigner.signed(otherSigner.draft()),
                try selfMade.signed(selfMade.draft()),
            ] {
                let answer = try await upstream.peer.submit(batch.bytes, as: identity)
                #expect(answer.status == 403)
                #expect(answer.errorCode == "signature-refused")
            }
            #expect(try await upstream.read("/v1/hubs/hub-0001")["epochs"] == [])
            // The place is still free for the right batch.
            #expect(try await upstream.peer.submit(try hub.signed(hub.draft()).bytes, as: identity).status == 200)
        }
    }

    @Test("A batch with bad contents gets a signed rejection, keeps its place, and is followed by the next")
    func rejected() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let device = try TestDevice(of: upstream.maker)
            let stranger = try TestDevice("COR1-0666", of: try TestMaker())
            let expired = try TestDevice("COR1-0667", of: upstream.maker, expires: -3600)
            var renamed = device.item(try device.record(1))
            renamed.recordID = .of([1])
            var resequenced = device.item(try device.record(1))
            resequenced.sequence = 2
            var flipped = device.item(try device.record(1))
            flipped.bytes[flipped.bytes.count - 1] ^= 1
            let silentLoss = [device.item(try device.record(1)), device.item(try device.record(3))]

            let bad: [[RecordItem]] = [
                [stranger.item(try stranger.record(1))], [expired.item(try expired.record(1))], [renamed],
                [resequenced], [flipped], silentLoss,
            ]
            for records in bad {
                let answer = try await upstream.peer.submit(try hub.cut(records).bytes, as: identity)
                #expect(answer.status == 200)
                let receipt = try upstream.verified(answer.body)
                #expect(receipt.status == .rejected)
                #expect(receipt.inclusion == nil)
                #expect(receipt.reason?.isEmpty == false)
                #expect(receipt.nextSequence == hub.sequence + 1)
            }
            // A device that the hub took at its link's word needs no maker, but its signature must hold.
            let good = try hub.cut([
                device.item(try device.record(1)), stranger.item(try stranger.record(1), trust: .linkOnly),
            ])
            let answer = try await upstream.peer.submit(good.bytes, as: identity)
            #expect(try upstream.verified(answer.body).status == .accepted)
            #expect(try await upstream.read("/v1/hubs/hub-0001")["epochs"]?[0]?["rejected"]?.integerValue == 6)
            #expect(try await upstream.read("/v1/readings")["readings"]?.arrayValue?.count == 2)
        }
    }

    @Test("A batch whose Merkle root is wrong, but which its hub signed, gets a signed rejection")
    func wrongMerkleRoot() async throws {
        try await TestUpstream.with { upstream in
            let (hub, identity) = try await upstream.enrolledHub()
            let bytes = try hub.signedWithWrongRoot(hub.draft())
            let receipt = try upstream.verified(try await upstream.peer.submit(bytes, as: identity).body)
            #expect(receipt.status == .rejected)
            #expect(receipt.batchHash == .of(bytes))
        }
    }

    @Test("Gaps are listed, and close when their records arrive after all")
    func gaps() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let device = try TestDevice(of: upstream.maker)
            let batch = try hub.cut(try device.items(4...4), gaps: [.test(device.serial, 1...3, reason: .quarantined)])
            let receipt = try upstream.verified(try await upstream.peer.submit(batch.bytes, as: identity).body)
            #expect(receipt.status == .acceptedWithGaps)
            #expect(try await upstream.read("/v1/gaps?device=COR1-0001")["gaps"]?[0]?["missing"]?.integerValue == 3)
            _ = try await upstream.peer.submit(try hub.cut(try device.items(1...2)).bytes, as: identity)
            let gap = try await upstream.read("/v1/gaps?device=COR1-0001")["gaps"]?[0]
            #expect(gap?["missing"]?.integerValue == 1)
            #expect(gap?["reason"] == "quarantined")
        }
    }

    @Test("Threat 15: a reading's answer holds all that proves it alone")
    func threat15ProofOfOneReading() async throws {
        try await TestUpstream.with { upstream in
            var (hub, identity) = try await upstream.enrolledHub()
            let device = try TestDevice(of: upstream.maker)
            let records = try device.items(1...5)
            let batch = try hub.cut(records, audit: TestAudit.chain(count: 3))
            _ = try await upstream.peer.submit(batch.bytes, as: identity)
            let reading = try await upstream.read("/v1/readings/\(records[2].recordID.hex)")
            #expect(reading["record"]?["serial"] == "COR1-0001")
            #expect(reading.bytes("cose") == records[2].bytes)
            #expect(reading["batch"]?.bytes("cose") == batch.bytes)
            let path = reading["inclusion"]?["path"]?.arrayValue?.compactMap {
                $0.stringValue.flatMap(SHA256Hash.init(hex:))
            }
            let root = MerkleTree.root(
                fromLeafHash: batch.batch.leafHashes()[2], index: 2, treeSize: 8, path: try #require(path))
            #expect(root == batch.batch.merkleRoot.hash)
            let receipt = try upstream.verified(try #require(reading["receipt"]?.bytes("cose")))
            #expect(receipt.batchHash == batch.hash)
            #expect(try await upstream.read("/v1/audit?hub=hub-0001")["entries"]?.arrayValue?.count == 3)
        }
    }
}

extension TestUpstream {
    var receiptKey: COSEPublicKey { .p256(folder.receiptKey.publicKey) }

    func verified(_ bytes: [UInt8]) throws -> Receipt {
        let signed = try SignedReceipt(decoding: bytes)
        #expect(signed.verdict(environment: "test", key: receiptKey) == .valid)
        return signed.receipt
    }

    /// As an operator.
    func read(_ path: String) async throws -> JSONValue {
        let answer = try await peer.send("GET", path, as: try await operatorIdentity())
        #expect(answer.status == 200, "\(answer.failure)")
        return answer.json
    }
}
