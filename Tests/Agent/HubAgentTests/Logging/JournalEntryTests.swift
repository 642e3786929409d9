import HubAgent
import Testing

@Suite("Entries of the journal")
struct JournalEntryTests {
    @Test("A value with a newline goes with its length, so that no message can add a field")
    func newline() {
        let entry = JournalEntry(
            priority: 3, identifier: "corhub", message: "a\nPRIORITY=0",
            metadata: [("device", "x"), ("odd name!", "y")])
        let expected: [UInt8] =
            Array("PRIORITY=3\nSYSLOG_IDENTIFIER=corhub\nMESSAGE\n".utf8) + [12, 0, 0, 0, 0, 0, 0, 0]
            + Array("a\nPRIORITY=0\nCORHUB_DEVICE=x\nCORHUB_ODD_NAME_=y\n".utf8)
        #expect(entry.bytes == expected)
    }

    @Test("A value at its limit stays whole, a longer one is cut; as many fields as may be, and no more")
    func limits() {
        func length(_ count: Int) -> Int {
            JournalEntry(
                priority: 6, identifier: "", message: String(repeating: "x", count: count), metadata: []
            ).bytes.count
        }
        #expect(length(JournalEntry.valueLengthMax) == length(0) + JournalEntry.valueLengthMax)
        #expect(length(JournalEntry.valueLengthMax + 1) <= length(JournalEntry.valueLengthMax))
        func fields(_ count: Int) -> Int {
            JournalEntry(
                priority: 6, identifier: "", message: "", metadata: (0..<count).map { ("f\($0)", "") }
            ).bytes.count { $0 == 0x0A }
        }
        #expect(fields(JournalEntry.fieldCountMax) == 3 + JournalEntry.fieldCountMax)
        #expect(fields(JournalEntry.fieldCountMax + 1) == 3 + JournalEntry.fieldCountMax)
    }
}
