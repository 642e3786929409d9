/// What the shell around the model does for it, in order.
package enum DeviceEffect: Sendable, Hashable {
    /// Answers whoever sent the request, after a delay if there is one.
    case send([UInt8], after: Duration?)
    /// Sends an event to the hub that last spoke of group 64.
    case notify([UInt8])
    /// Makes durable what the device remembers, before anything that follows.
    case persist(DeviceSnapshot)
    /// Makes a record durable, before anything that follows.
    case keep(StoredRecord)
    /// Removes these records.
    case discard(sequences: [UInt64])
    /// Tells the person who watches.
    case report(DeviceReport)
}
