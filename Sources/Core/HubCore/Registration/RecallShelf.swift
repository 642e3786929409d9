package import CORProtocol
package import COSESigning

/// The newest list of recalled devices that the upstream has signed. It holds without the upstream, too.
package struct RecallShelf: Sendable {
    package enum Refusal: Error, Sendable, Hashable {
        case malformed(String)
        case signatureInvalid
        /// Its number is not above that of the list that is held.
        case notNewer(number: UInt64)
    }

    /// Between two questions for a newer list; the caller adds up to a quarter of it by chance.
    package static let askInterval = Duration.seconds(6 * 3_600)
    /// The same where the upstream could not be asked.
    package static let retryInterval = Duration.seconds(900)

    private let environment: String
    private let key: COSEPublicKey
    package private(set) var held: SignedRecallList?

    package init(environment: String, key: COSEPublicKey, held: SignedRecallList?) {
        self.environment = environment
        self.key = key
        self.held = held
    }

    /// 0 where none is held.
    package var number: UInt64 { held?.list.number ?? 0 }

    /// Takes a list that the upstream gave, and returns it where it is to be kept.
    package mutating func take(_ bytes: [UInt8]) throws(Refusal) -> SignedRecallList {
        let list: SignedRecallList
        do throws(SignedMessageRefusal) {
            list = try SignedRecallList(decoding: bytes)
        } catch {
            throw .malformed("\(error)")
        }
        guard list.verdict(environment: environment, key: key) == .valid else { throw .signatureInvalid }
        guard list.list.number > number else { throw .notNewer(number: list.list.number) }
        held = list
        return list
    }
}
