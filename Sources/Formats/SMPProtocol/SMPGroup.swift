/// The management groups that this project speaks.
package enum SMPGroup {
    package static let os: UInt16 = 0
    package static let image: UInt16 = 1
    /// COR One's own group: firmware-specs/.
    package static let cor: UInt16 = 64
}
