// modules: TextEncodings CBORCoding COSESigning JSONCoding CORProtocol MCUbootImage CivilCalendar TUFMetadata FirmwareRollout Crypto CryptoExtras
// lengthMax: 16384
import CORProtocol
import FirmwareRollout
import JSONCoding
import TUFMetadata

/// No input traps; what is read as a document is written so that the same is read again; a state report is its own text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRollout(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let list = try? RolloutList(decoding: bytes) {
        guard let again = try? RolloutList(decoding: Array(list.json.serialized().utf8)) else {
            preconditionFailure("a list that was written is refused")
        }
        precondition(list == again, "a list is read otherwise than it was written")
        for rollout in list.rollouts { precondition(rollout.beginnings.count == rollout.stages.count, "stages") }
    }
    if let value = try? JSONValue.parse(bytes), let description = try? ReleaseDescription(value) {
        guard let again = try? ReleaseDescription(description.json) else {
            preconditionFailure("a description that was written is refused")
        }
        precondition(description == again, "a description is read otherwise than it was written")
    }
    let custom = Array(#"{"length":9,"hashes":{"sha256":"ab"},"custom":"#.utf8) + bytes + [UInt8(ascii: "}")]
    if let target = try? TargetFile(path: "releases/COR One/1.4.0+7/image.bin", json: custom) {
        _ = try? Release(of: target, at: "there")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if let report = StateReport(parsing: text) { precondition(report.text == text, "a report has two texts") }
    return 0
}
