/// Lengths of the attribute protocol over LE. Source: Core Specification, volume 3, parts F and G.
package enum ATTLimits {
    /// What both sides have before they agree on more.
    package static let mtuMin: UInt16 = 23
    /// What is asked for, and the largest that is useful: a value of 512 bytes, 3 of header and 2 more.
    package static let mtuMax: UInt16 = 517
    package static let pduLengthMax = 517
    package static let valueLengthMax = 512
    /// Opcode and handle, before a value.
    package static let valueHeaderLength = 3
}
