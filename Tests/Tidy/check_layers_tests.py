"""scripts/check-layers reports each arrow that points up, and nothing else."""

import unittest

from scripts_under_test import load

layers = load("check-layers")

SETTINGS = [{"kind": kind, "tool": "swift"} for kind in layers.SETTINGS.values()]


def target(name, path, modules=(), products=(), kind="regular", settings=SETTINGS):
    dependencies = [{"byName": [module, None]} for module in modules]
    dependencies += [{"product": [product, "a-package", None, None]} for product in products]
    return {"name": name, "path": path, "type": kind, "dependencies": dependencies, "settings": settings}


SOUND = [
    target("CSQLite", "Sources/System/CSQLite", kind="system", settings=[]),
    target("CHubShim", "Sources/System/CHubShim", settings=[]),
    target("DurableFiles", "Sources/System/DurableFiles", ["CHubShim"]),
    target("CBORCoding", "Sources/Formats/CBORCoding"),
    target("CORProtocol", "Sources/Formats/CORProtocol", ["CBORCoding"], ["Crypto"]),
    target("HubCore", "Sources/Core/HubCore", ["CORProtocol"]),
    target("HubStore", "Sources/Adapters/HubStore", ["HubCore", "CSQLite"]),
    target("UpstreamClient", "Sources/Adapters/UpstreamClient", ["HubCore"], ["NIOCore"]),
    target("HubAgent", "Sources/Agent/HubAgent", ["HubStore", "UpstreamClient", "HubCore"], ["ServiceLifecycle"]),
    target("UpstreamServer", "Sources/Counterparts/UpstreamServer", ["CORProtocol"], ["Hummingbird"]),
    target("corhub", "Sources/Tools/corhub", ["HubAgent"], ["ArgumentParser"], "executable"),
    target("corhub-upstream", "Sources/Tools/corhub-upstream", ["UpstreamServer"], kind="executable"),
    target("HubCoreTests", "Tests/Core/HubCoreTests", ["HubCore", "UpstreamServer"], kind="test"),
]


class CheckLayersTests(unittest.TestCase):
    def breaches(self, *changed):
        """What is found once these targets stand in place of those of the same name, or beside the others."""
        names = {one["name"] for one in changed}
        return list(layers.breaches({"targets": [one for one in SOUND if one["name"] not in names] + list(changed)}))

    def test_a_sound_package_passes(self):
        self.assertEqual(self.breaches(), [])

    def test_each_arrow_upwards_is_found(self):
        for name, path, module in (
            ("DurableFiles", "Sources/System/DurableFiles", "CBORCoding"),
            ("CBORCoding", "Sources/Formats/CBORCoding", "CSQLite"),
            ("HubCore", "Sources/Core/HubCore", "CSQLite"),
            ("HubCore", "Sources/Core/HubCore", "UpstreamServer"),
            ("HubStore", "Sources/Adapters/HubStore", "HubAgent"),
            ("HubStore", "Sources/Adapters/HubStore", "UpstreamClient"),
            ("HubAgent", "Sources/Agent/HubAgent", "UpstreamServer"),
            ("UpstreamServer", "Sources/Counterparts/UpstreamServer", "HubCore"),
            ("corhub", "Sources/Tools/corhub", "HubCoreTests"),
        ):
            found = self.breaches(target(name, path, [module]))
            self.assertTrue(any(f"must not name {module}" in line for line in found), f"{name} -> {module}: {found}")

    def test_products_that_a_layer_must_not_use_are_found(self):
        self.assertEqual(
            self.breaches(target("HubCore", "Sources/Core/HubCore", [], ["NIOCore"])),
            ["HubCore (Core) must not use NIOCore"])
        self.assertEqual(
            self.breaches(target("CBORCoding", "Sources/Formats/CBORCoding", [], ["Logging"])),
            ["CBORCoding (Formats) must not use Logging"])

    def test_a_target_outside_of_the_layers_is_found(self):
        self.assertEqual(
            self.breaches(target("Extra", "Sources/Extra")), ["Extra: its folder Sources/Extra is no layer's"])

    def test_the_hub_never_reaches_the_reference_upstream(self):
        found = self.breaches(target("corhub", "Sources/Tools/corhub", ["HubAgent", "UpstreamServer"]))
        self.assertIn("corhub reaches UpstreamServer, which the hub never links", found)
        self.assertIn("corhub reaches Hummingbird, which the hub never links", found)

    def test_a_module_that_reaches_itself_is_found(self):
        found = self.breaches(target("CBORCoding", "Sources/Formats/CBORCoding", ["CORProtocol"]))
        self.assertIn("CBORCoding reaches itself", found)

    def test_a_target_without_the_settings_of_the_house_is_found(self):
        found = self.breaches(target("HubCore", "Sources/Core/HubCore", settings=[]))
        self.assertEqual(found, ["HubCore: warnings are not errors", "HubCore: not in Swift 6 mode"])
        found = self.breaches(target("DurableFiles", "Sources/System/DurableFiles", settings=[]))
        self.assertEqual(len(found), 2, found)


if __name__ == "__main__":
    unittest.main()
