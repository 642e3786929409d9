import CBORCoding
import SMPProtocol
import Testing

@Suite("Failures that a device tells of")
struct SMPFailureTests {
    @Test("A version 1 return code is read, with its reason")
    func version1() throws {
        let payload: CBORValue = ["rc": 8, "rsn": "no"]
        #expect(try SMPFailure(payload: payload) == SMPFailure(.notSupported, reason: "no"))
    }

    @Test("A version 2 error is read with its group")
    func version2() throws {
        let payload: CBORValue = ["err": ["group": 1, "rc": 3]]
        #expect(try SMPFailure(payload: payload) == SMPFailure(group: 1, code: 3))
    }

    @Test("A code of 0, and no code, tell of success")
    func success() throws {
        #expect(try SMPFailure(payload: ["rc": 0]) == nil)
        #expect(try SMPFailure(payload: ["err": ["group": 1, "rc": 0]]) == nil)
        #expect(try SMPFailure(payload: .map([])) == nil)
    }

    @Test("A failure returns from its payload in either version")
    func bothWays() throws {
        for failure in [SMPFailure(.busy), SMPFailure(.corrupt, reason: "sector"), SMPFailure(.noEntry)] {
            #expect(try SMPFailure(payload: failure.payload(version: .v1)) == failure)
            #expect(try SMPFailure(payload: failure.payload(version: .v2)) == failure)
        }
        let ofGroup = SMPFailure(group: 64, code: 5)
        #expect(try SMPFailure(payload: ofGroup.payload(version: .v2)) == ofGroup)
        #expect(try SMPFailure(payload: ofGroup.payload(version: .v1)) == SMPFailure(.unknown))
    }

    @Test("Codes of the wrong type or size are refused")
    func refused() {
        #expect(throws: SMPError.fieldTypeWrong("rc")) { try SMPFailure(payload: ["rc": "8"]) }
        #expect(throws: SMPError.fieldOutOfRange("rc")) { try SMPFailure(payload: ["rc": 65_536]) }
        #expect(throws: SMPError.fieldOutOfRange("rc")) { try SMPFailure(payload: ["rc": -1]) }
        #expect(throws: SMPError.fieldTypeWrong("err")) { try SMPFailure(payload: ["err": 1]) }
        #expect(throws: SMPError.fieldMissing("group")) { try SMPFailure(payload: ["err": ["rc": 1]]) }
    }

    @Test("A long reason is cut")
    func longReason() throws {
        let reason = String(repeating: "ä", count: 10_000)
        let failure = try SMPFailure(payload: ["rc": 1, "rsn": .text(reason)])
        #expect((failure?.reason?.utf8.count ?? .max) <= SMPFailure.reasonLengthMax)
    }
}
