package import COSESigning
package import HubCore

/// Signs COSE messages by a key of the hub, wherever that key is kept.
package struct HubKeyCOSESigner: COSESigner {
    private let key: any HubKey

    package init(_ key: any HubKey) {
        self.key = key
    }

    package var algorithm: COSEAlgorithm { .es256 }

    package func signature(for message: [UInt8]) throws(COSEError) -> [UInt8] {
        do throws(KeyStoreFault) {
            return try key.signature(for: message)
        } catch {
            throw .signingFailed
        }
    }
}
