import CORProtocol
import FirmwareRollout
import Foundation
import JSONCoding
import MCUbootImage
import TUFMetadata
import TestSupport
import Testing

@Suite("Vectors of firmware-specs/rollouts.md, made by Python")
struct RolloutVectorTests {
    private func index() throws -> JSONValue { try JSONValue.parse(PackageFolder.vector("rollout/index.json")) }

    private func list(_ name: String) throws -> [JSONValue] { try #require(try index()[name]?.arrayValue) }

    @Test("A valid document is read, and written again as the same value; an invalid one is refused for its reason")
    func documents() throws {
        let vectors = try list("vectors")
        #expect(vectors.count > 40)
        for vector in vectors {
            let file = try #require(vector["file"]?.stringValue)
            let bytes = try PackageFolder.vector("rollout/\(file)")
            let kind = try #require(vector["kind"]?.stringValue)
            #expect(fault(of: bytes, kind) == vector["reason"]?.stringValue, "\(file)")
        }
    }

    /// The fault's code; nil where the document was read and is what it was when it is written.
    private func fault(of bytes: [UInt8], _ kind: String) -> String? {
        do {
            let written: JSONValue
            switch kind {
            case "rollouts": written = try RolloutList(decoding: bytes).json
            case "description": written = try ReleaseDescription(JSONValue.parse(bytes)).json
            default:
                let description = try Self.release(bytes)
                written = description.custom
            }
            let same = try CanonicalJSON.form(of: Array(written.serialized().utf8)) == CanonicalJSON.form(of: bytes)
            return same ? nil : "written otherwise"
        } catch let fault as DocumentFault {
            return fault.code
        } catch {
            return "\(error)"
        }
    }

    /// The document as the `custom` of a target, where it has its place by the path that it names.
    private static func release(_ custom: [UInt8]) throws -> Release {
        let value = try JSONValue.parse(custom)
        let path = "releases/\(value["model"]?.stringValue ?? "")/\(value["version"]?.stringValue ?? "")/image.bin"
        let target = try TargetSample.target(path, custom: String(decoding: custom, as: UTF8.self))
        return try Release(of: target, at: "there")
    }

    @Test("Places in cohorts are those of the other implementation")
    func cohorts() throws {
        for entry in try list("cohorts") {
            let serial = try #require(entry["serial"]?.stringValue.flatMap { DeviceSerial($0) })
            let cohort = Cohort(of: serial, in: try #require(entry["rollout"]?.stringValue))
            #expect(cohort.place == entry["place"]?.integerValue.map { Int($0) })
        }
    }

    @Test("A state report has five words, and nothing else is one")
    func reports() throws {
        for entry in try list("reports") {
            let text = try #require(entry["text"]?.stringValue)
            let report = StateReport(parsing: text)
            let words = entry["words"]?.arrayValue?.compactMap(\.stringValue)
            #expect(
                report.map { [$0.rollout, $0.version.description, $0.end.rawValue, $0.reason] } == words, "\(text)")
            if let report { #expect(report.text == text) }
        }
    }

    @Test("A release that another target names is refused (mix and match of images)")
    func misplaced() throws {
        let custom = String(decoding: try PackageFolder.vector("rollout/release.json"), as: UTF8.self)
        let target = try TargetSample.target("releases/COR One/1.4.0+8/image.bin", custom: custom)
        #expect {
            _ = try Release(of: target, at: "")
        } throws: { ($0 as? DocumentFault)?.code == "contradiction" }
    }

    @Test("A list of rollouts has at most 65,536 bytes")
    func length() throws {
        let bytes = try PackageFolder.vector("rollout/rollouts.json")
        let padding = [UInt8](repeating: 0x20, count: RolloutList.lengthMax - bytes.count)
        #expect(throws: Never.self) { try RolloutList(decoding: bytes + padding) }
        #expect {
            _ = try RolloutList(decoding: bytes + padding + [0x20])
        } throws: { ($0 as? DocumentFault)?.code == "not-json" }
    }
}
