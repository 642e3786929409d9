import Foundation
import JSONCoding

extension JSONValue {
    /// The bytes of a member that holds base64.
    func bytes(_ name: String) -> [UInt8]? {
        self[name]?.stringValue.flatMap { Data(base64Encoded: $0) }.map(Array.init)
    }
}
