/// The version of this product; each batch and `corhub version` say it.
package enum CorhubVersion {
    package static let text = "0.1.0"
}
