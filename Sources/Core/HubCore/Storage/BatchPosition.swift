package import CORProtocol

/// The name of a batch within one hub.
package struct BatchPosition: Sendable, Hashable {
    package var epoch: Epoch
    package var sequence: UInt64

    package init(epoch: Epoch, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }
}
