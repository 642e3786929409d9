package import CBORCoding

/// What an algorithm made of records. It stands beside the raw data and never replaces them.
///
/// firmware-specs/cddl: `result`.
package struct AnalysisResult: CBORShape, Sendable, Hashable {
    /// SHA-256 of deterministic CBOR [inputs, algorithm, output].
    package let id: SHA256Hash
    /// Record ids that it was made of.
    package let inputs: [SHA256Hash]
    package let algorithm: AlgorithmIdentity
    package let made: TimeBlock
    package let subject: SubjectID?
    package let output: ESROutput
    /// Of the hub's configuration.
    package let configurationHash: SHA256Hash

    package init(
        inputs: [SHA256Hash], algorithm: AlgorithmIdentity, made: TimeBlock, subject: SubjectID?,
        output: ESROutput, configurationHash: SHA256Hash
    ) {
        self.inputs = inputs
        self.algorithm = algorithm
        self.made = made
        self.subject = subject
        self.output = output
        self.configurationHash = configurationHash
        var encoder = CBOREncoder(capacity: 256)
        encoder.beginArray(count: 3)
        encoder.encode(array: inputs)
        encoder.encode(algorithm)
        encoder.encode(output)
        id = .of(encoder.bytes)
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        let messageOffset = decoder.offset
        var id: SHA256Hash?
        var inputs: [SHA256Hash]?
        var algorithm: AlgorithmIdentity?
        var made: TimeBlock?
        var subject: SubjectID??
        var output: ESROutput?
        var configurationHash: SHA256Hash?
        try decoder.decodeMap { (key, value) throws(CBORError) in
            switch key {
            case 1: id = try SHA256Hash(from: &value)
            case 2:
                inputs = try value.decodeArray(countMin: 1, countMax: 16) { (decoder) throws(CBORError) in
                    try SHA256Hash(from: &decoder)
                }
            case 3: algorithm = try AlgorithmIdentity(from: &value)
            case 4: made = try TimeBlock(from: &value)
            case 5:
                subject = .some(
                    try value.decodeNullable { (decoder) throws(CBORError) in try SubjectID(from: &decoder) })
            case 6: output = try ESROutput(from: &value)
            case 7: configurationHash = try SHA256Hash(from: &value)
            default: throw .unknownKey(offset: value.offset)
            }
        }
        guard let id, let inputs, let algorithm, let made, let subject, let output, let configurationHash else {
            throw .missingKey(of: "result", offset: messageOffset)
        }
        self.init(
            inputs: inputs, algorithm: algorithm, made: made, subject: subject, output: output,
            configurationHash: configurationHash)
        guard id == self.id else {
            throw .unexpectedValue(expected: "the result id of its content", offset: messageOffset)
        }
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.beginMap(count: 7)
        encoder.encode(1)
        encoder.encode(id)
        encoder.encode(2)
        encoder.encode(array: inputs)
        encoder.encode(3)
        encoder.encode(algorithm)
        encoder.encode(4)
        encoder.encode(made)
        encoder.encode(5)
        encoder.encodeNullable(subject) { (encoder, value) in encoder.encode(value) }
        encoder.encode(6)
        encoder.encode(output)
        encoder.encode(7)
        encoder.encode(configurationHash)
    }
}
