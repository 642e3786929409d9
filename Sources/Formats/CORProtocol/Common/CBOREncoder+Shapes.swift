import CBORCoding

extension CBOREncoder {
    mutating func encode(array elements: [some CBORShape]) {
        encode(array: elements) { (encoder, element) in encoder.encode(element) }
    }

    mutating func encode<Element>(array elements: [Element], _ body: (inout CBOREncoder, Element) -> Void) {
        beginArray(count: elements.count)
        for element in elements { body(&self, element) }
    }

    /// Null, or what `body` writes.
    mutating func encodeNullable<Value>(_ value: Value?, _ body: (inout CBOREncoder, Value) -> Void) {
        if let value { body(&self, value) } else { encodeNull() }
    }
}
