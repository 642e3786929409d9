/// A pending item whose content is not what had been stored.
package struct DamagedItem: Sendable, Hashable {
    package var item: UInt64
    package var damage: StoreDamage

    package init(item: UInt64, damage: StoreDamage) {
        self.item = item
        self.damage = damage
    }
}
