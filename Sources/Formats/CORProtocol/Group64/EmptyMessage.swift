package import CBORCoding

/// A request or response without fields: an empty map.
///
/// firmware-specs/cddl: `empty`.
package struct EmptyMessage: CBORShape, Sendable, Hashable {
    package init() {}

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.decodeTextMap { (_, value) throws(CBORError) in throw .unknownKey(offset: value.offset) }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 0)
    }
}
