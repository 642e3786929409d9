import Crypto
import TextEncodings

/// To whom a role delegates, and what (specification §4.6.1).
struct Delegations: Sendable {
    struct Role: Sendable {
        let name: String
        let keys: RoleKeys
        let isTerminating: Bool
        let paths: Paths
    }

    enum Paths: Sendable {
        case patterns([PathPattern])
        /// Beginnings of the hexadecimal SHA-256 of a path.
        case hashPrefixes([String])
        /// One of succinct roles: which of the bins, and how many bits tell.
        case bin(Int, bitLength: Int)
    }

    private enum Content: Sendable {
        case listed([Role])
        case succinct(keys: RoleKeys, bitLength: Int, prefix: String)
    }

    /// TAP 15: at most 2³² bins.
    private static let bitLengths: ClosedRange<Int64> = 1...32

    let keys: [String: MetadataKey]
    private let content: Content

    init?(_ value: MetadataValue, canonical: [UInt8]) {
        guard let keys = KeyTable.read(value["keys"], canonical: canonical) else { return nil }
        self.keys = keys
        switch (value["roles"], value["succinct_roles"]) {
        case (.array(let values)?, nil):
            let roles = values.compactMap { Self.role($0) }
            guard roles.count == values.count, Set(roles.map(\.name)).count == roles.count else { return nil }
            content = .listed(roles)
        case (nil, let succinct?):
            guard let keys = RoleKeys(succinct), let bitLength = succinct["bit_length"]?.integerValue,
                Self.bitLengths.contains(bitLength), let prefix = succinct["name_prefix"]?.stringValue
            else { return nil }
            content = .succinct(keys: keys, bitLength: Int(bitLength), prefix: prefix)
        default:
            return nil
        }
    }

    private static func role(_ value: MetadataValue) -> Role? {
        // A delegated role of a top-level role's name would be mistaken for it in the store and in the snapshot.
        guard let name = value["name"]?.stringValue, !name.isEmpty, !RootMetadata.roles.contains(name),
            let keys = RoleKeys(value), let isTerminating = value["terminating"]?.boolValue
        else { return nil }
        switch (value["paths"], value["path_hash_prefixes"]) {
        case (let paths?, nil):
            guard let patterns = paths.stringsValue else { return nil }
            return Role(
                name: name, keys: keys, isTerminating: isTerminating, paths: .patterns(patterns.map { PathPattern($0) })
            )
        case (nil, let prefixes?):
            guard let prefixes = prefixes.stringsValue else { return nil }
            return Role(name: name, keys: keys, isTerminating: isTerminating, paths: .hashPrefixes(prefixes))
        default:
            return nil
        }
    }

    /// The roles that may speak for a path, in their order.
    func roles(for path: String) -> [Role] {
        switch content {
        case .listed(let roles):
            return roles.filter { role in
                switch role.paths {
                case .patterns(let patterns):
                    return patterns.contains { $0.matches(path) }
                case .hashPrefixes(let prefixes):
                    let hash = Hexadecimal.text(of: Self.hash(of: path))
                    return prefixes.contains { hash.hasPrefix($0) }
                case .bin:
                    return false
                }
            }
        case .succinct(let keys, let bitLength, let prefix):
            let first = Self.hash(of: path).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let bin = Int(first >> UInt32(32 - bitLength))
            // Bins are numbered in as many hexadecimal digits as the last of them has.
            let digits = String(bin, radix: 16)
            let width = String((1 << bitLength) - 1, radix: 16).utf8.count
            let name = prefix + "-" + String(repeating: "0", count: width - digits.utf8.count) + digits
            return [Role(name: name, keys: keys, isTerminating: true, paths: .bin(bin, bitLength: bitLength))]
        }
    }

    private static func hash(of path: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(path.utf8)))
    }
}
