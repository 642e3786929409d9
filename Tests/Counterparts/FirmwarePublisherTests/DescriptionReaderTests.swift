import FirmwarePublisher
import FirmwareRollout
import Foundation
import JSONCoding
import TestSupport
import Testing

@Suite("Descriptions of releases")
struct DescriptionReaderTests {
    private func read(_ text: String) throws -> JSONValue { try DescriptionReader.value(Array(text.utf8)) }

    @Test("The releases of firmware-specs are read, and are what PyYAML reads", .enabled(if: PythonJudge.isDemanded))
    func releases() throws {
        let folder = PackageFolder.root.appending(path: "firmware-specs/releases")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
            .filter { $0.hasSuffix(".yaml") }.sorted()
        #expect(names.count >= 2)
        for name in names {
            let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
            #expect(throws: Never.self) { try DescriptionReader.description(bytes) }
            let other = try PythonJudge.run("yaml_judge.py", [], input: String(decoding: bytes, as: UTF8.self))
            #expect(try JSONValue.parse(other) == JSONValue.parse(DescriptionReader.value(bytes).sortedText))
        }
    }

    @Test("Lists in brackets and with hyphens, of words and of objects")
    func lists() throws {
        let value = try read(
            """
            a: [V1, 2, x y]   # of the second kind
            # nothing
            b:
              - min: 1.0.0+0
                max: 1.2.0+0
              - min: 2.0.0+0
                max: 2.0.0+0
            c:
            - 1.1.0+0
            d: []
            """)
        let ranges: JSONValue = [["min": "1.0.0+0", "max": "1.2.0+0"], ["min": "2.0.0+0", "max": "2.0.0+0"]]
        #expect(
            value == [
                "a": ["V1", 2, "x y"], "b": ranges, "c": ["1.1.0+0"], "d": [],
            ])
    }

    @Test(
        "What YAML would read otherwise than it looks is refused with its line",
        arguments: [
            "a: yes", "a: 1.5", "a: 0x10", "a: 010", "a: 1_000", "a: \"x\"", "a: 'x'", "a: |", "a: &x y", "a: *x",
            "a: !!str x", "a: {b: c}", "a: [x", "a: null", "a: ~", "a:x", "- x", "a", "a:", "A: x", "a: x: y",
            "a: 2030-01-01", "a: 1e3", "a:\tx",
        ])
    func refused(_ text: String) {
        #expect {
            _ = try read("z: 1\n\(text)")
        } throws: { error in
            guard case .description(let line, _)? = error as? PublisherFault else { return false }
            return line == 2
        }
    }

    @Test("A member that stands twice, and indentation that leads nowhere, are refused")
    func structure() {
        for text in ["a: 1\na: 2", "a: 1\n  b: 2", "a:\n  - b: 1\n   c: 2"] {
            #expect(throws: PublisherFault.self) { try read(text) }
        }
    }
}

extension JSONValue {
    /// With members in the order of their names, as the judge writes them.
    fileprivate var sortedText: String {
        switch self {
        case .object(let members):
            let parts = members.sorted { $0.name < $1.name }.map {
                "\(JSONValue.string($0.name).serialized()):\($0.value.sortedText)"
            }
            return "{\(parts.joined(separator: ","))}"
        case .array(let values): return "[\(values.map(\.sortedText).joined(separator: ","))]"
        default: return serialized()
        }
    }
}
