import CBORCoding
import TestSupport
import Testing

@Suite("CBOR against Python's cbor2", .enabled(if: PythonJudge.isDemanded, "\(PythonJudge.skipReason)"))
struct CBORConformanceTests {
    private static let itemCount = 500

    @Test("What we encode, cbor2 reads and would encode to the same bytes")
    func ours() throws {
        var generator = SeededGenerator(seed: 2)
        let items = (0..<Self.itemCount).map { _ in CBORValue.random(using: &generator).encoded().hexadecimal }
        let count = try PythonJudge.run("cbor_judge.py", ["check"], input: items.joined(separator: "\n"))
        #expect(count == "\(Self.itemCount)\n")
    }

    @Test("What cbor2 encodes, we read and encode to its deterministic form")
    func theirs() throws {
        let lines = try PythonJudge.run("cbor_judge.py", ["emit", "\(Self.itemCount)", "3"]).split(separator: "\n")
        #expect(lines.count == Self.itemCount)
        for line in lines {
            let forms = line.split(separator: " ").map { [UInt8](hexadecimal: String($0)) }
            try #require(forms.count == 2)
            #expect(try CBORValue.decode(forms[0], mode: .tolerant).encoded() == forms[1])
            #expect(try CBORValue.decode(forms[1], mode: .strict).encoded() == forms[1])
        }
    }
}
