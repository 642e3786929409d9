import CBORCoding

extension CBORValue {
    /// A copy with the value at `path` replaced; a key that is not there is added, nil removes. Paths go through maps by key
    /// and through arrays by index.
    func changed(_ path: ArraySlice<CBORValue>, to new: CBORValue?) -> CBORValue? {
        guard let key = path.first else { return new }
        switch self {
        case .map(var pairs):
            let index = pairs.firstIndex { $0.key == key }
            let old = index.map { pairs[$0].value } ?? .null
            if let index { pairs.remove(at: index) }
            if let value = old.changed(path.dropFirst(), to: new) { pairs.append(CBORPair(key: key, value: value)) }
            return .map(pairs)
        case .array(var elements):
            guard let index = key.integer.map(Int.init), elements.indices.contains(index) else { return self }
            let value = elements[index].changed(path.dropFirst(), to: new)
            elements.replaceSubrange(index...index, with: value.map { [$0] } ?? [])
            return .array(elements)
        default:
            return self
        }
    }

    func changed(_ path: [CBORValue], to new: CBORValue?) -> CBORValue {
        changed(path[...], to: new) ?? .null
    }
}

extension CBORShape {
    /// The type's own reading of `bytes`, written again.
    static func rewritten(_ bytes: [UInt8], mode: CBORMode = .strict) throws(CBORError) -> [UInt8] {
        try Self(decoding: bytes, mode: mode).encoded()
    }
}
