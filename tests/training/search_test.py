"""Tests of the architecture search, of what its variants change in the networks, and of their cost."""
import dataclasses
import io
import json
import os
import tempfile
import unittest
from contextlib import redirect_stdout
from unittest import mock

from tests.training.small import HAS_TORCH, SMALL, TRAINING, small_config, smooth_pictures

if HAS_TORCH:
    import torch

    from models.training import export, search, train
    from models.training.learning import trainer
    from models.training.networks.families import make_model

RECIPE = {"crop": 64, "batch": 2, "warmup_steps": 2}
CPU = HAS_TORCH and torch.device("cpu")
# (inputs x outputs x taps or channels x taps, pixels between outputs) of small_config's layers.
SMALL_ANALYSIS = (
    (768 * 16, 16),
    (48 * 8 * 9, 4),
    (8 * 25 + 2 * 8 * 16, 4),
    (32 * 8, 8),
    (8 * 25 + 2 * 8 * 16, 8),
    (32 * 8, 16),
    (8 * 25 + 2 * 8 * 16, 16),
    (8 * 16, 16),
    (16 * 8, 16),
    (8 * 25, 32),
    (8 * 8, 32),
    (8 * 25, 64),
    (8 * 8, 64),
)
SMALL_SYNTHESIS = (
    (16 * 768, 16),
    (16 * 8, 16),
    (8 * 9 + 2 * 8 * 16, 16),
    (8 * 32, 16),
    (8 * 9 + 2 * 8 * 16, 8),
    (8 * 32, 8),
    (8 * 9 + 2 * 8 * 16, 4),
    (8 * 9, 4),
    (8 * 48, 4),
)
SMALL_HYPER = ((8 * 32, 64), (8 * 9, 32), (8 * 160, 32), (160 * 32, 32))
SMALL_CONTEXT, SMALL_LAST = 16 * 8 + 8 * 9 + 8 * 8 + 8 * 9 + 8 * 8, 8 * 32


def counted(layers):
    return sum(macs / side**2 for macs, side in layers) / 1000


@unittest.skipUnless(HAS_TORCH, "needs torch")
class SearchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.table = os.path.join(self.folder, "search.csv")

    def make(self, name="small", **content):
        path = os.path.join(self.folder, name + ".json")
        variants = {"base": {}, "narrow": {"synthesis_width4": 4}, "gate": {"activation": "gate"}}
        with open(path, "w") as file:
            json.dump({"base": {**SMALL, **RECIPE}, "steps": 3, "variants": variants, **content}, file)
        return search.Search(path)

    def run_search(self, made, only=(), table=None):
        """-> rows, variants that were trained."""
        trained = []
        measure = lambda made, variant, *rest: trained.append(variant) or search_measure(made, variant, *rest)
        with mock.patch.object(search, "measure", measure), redirect_stdout(io.StringIO()):
            search.run(
                made,
                table or self.table,
                smooth_pictures(3, 96, 96),
                smooth_pictures(2, 64, 64, seed=5),
                CPU,
                self.folder,
                only,
            )
        return search.read_rows(table or self.table), trained

    def test_a_search_goes_on_where_it_was_cut_off(self):
        rows, trained = self.run_search(self.make(), only=("narrow",))
        self.assertEqual(trained, ["base", "narrow"])
        more, trained = self.run_search(self.make())
        self.assertEqual(trained, ["gate"])
        self.assertEqual(more[:2], rows)
        self.assertEqual([row["variant"] for row in more], ["base", "narrow", "gate"])
        self.assertEqual(float(more[0]["bd_rate"]), 0)
        self.assertEqual(
            [len(search.numbers(more[2][key])) for key in ("qualities", "bpp", "psnr", "ms_ssim")], [3] * 4
        )

    def test_equal_seeds_give_equal_rows(self):
        rows = [
            self.run_search(self.make(), table=os.path.join(self.folder, name))[0] for name in ("one.csv", "two.csv")
        ]
        other, _ = self.run_search(self.make(seed=1), table=os.path.join(self.folder, "three.csv"))
        for one, two, three in zip(*rows, other):
            self.assertEqual({**one, "seconds": ""}, {**two, "seconds": ""})
            self.assertNotEqual(one["bpp"], three["bpp"])

    def test_a_variant_that_has_changed_is_refused(self):
        self.run_search(self.make())
        for changed in ({"steps": 4}, {"variants": {"base": {}, "gate": {"synthesis_width4": 16}}}):
            with self.assertRaises(search.SearchError):
                self.run_search(self.make(**changed))
        self.assertEqual(self.run_search(self.make("other", steps=4))[1], ["base", "narrow", "gate"])

    def test_mistakes_show_before_the_first_training(self):
        for content in (
            {"step": 3},
            {"steps": 0},
            {"variants": {"gate": {}}},
            {"variants": {"base": {"batch": 1}}},
            {"variants": {"base": {}, "x": {"widht": 3}}},
            {"variants": {"base": {}, "x": {"activation": "elu"}}},
            {"variants": {"base": {}, "x": {"fixed_quality": 30.0}}},
            {"variants": {"base": {}, "x": {"group_table": [[0, 0, 0, 255]]}}},
        ):
            with self.subTest(content), self.assertRaises(search.SearchError):
                self.make(**content)

    def test_the_rate_at_a_psnr_is_log_linear_within_and_beyond(self):
        curve = [(0.25, 30.0), (0.5, 33.0), (1.0, 34.5)]
        for db, rate in ((30.0, 0.25), (31.5, 0.25 * 2**0.5), (34.0, 0.5 * 2 ** (2 / 3)), (27.0, 0.125), (36.0, 2.0)):
            self.assertAlmostEqual(search.rate_at(curve, db), rate)

    def test_a_fixed_quality_is_compared_there_alone(self):
        base, qualities = [(0.25, 30.0), (0.5, 33.0), (1.0, 34.5)], (20, 50, 75)
        fixed = [(9.0, 9.0), (0.5, 34.0), (9.0, 9.0)]
        gain = search.against_base(fixed, base, small_config(fixed_quality=50.0), qualities)
        self.assertAlmostEqual(gain, 100 * (0.5 ** (2 / 3) - 1))


search_measure = HAS_TORCH and search.measure


@unittest.skipUnless(HAS_TORCH, "needs torch")
class VariantTest(unittest.TestCase):
    def variants(self):
        """Those of the committed searches."""
        for name in ("search.json", "search-gpu.json", "single-rate.json", "single-rate-gpu.json", "cae-2017.json"):
            made = search.Search(os.path.join(TRAINING, "configs", name))
            for variant in made.variants:
                yield f"{name}: {variant}", made.config(variant)

    def trainer_of(self, config):
        return train.make_trainer(config, "", 0, smooth_pictures(2, 96, 96), [], CPU)

    def test_each_variant_takes_steps_and_has_a_cost(self):
        seen = []
        for name, config in self.variants():
            config = dataclasses.replace(config, **RECIPE, learning_rate=1e-3)
            if config in seen:  # the same networks, which another search trains by another recipe
                continue
            seen.append(config)
            with self.subTest(name):
                made = self.trainer_of(config)
                for fraction in (0.0, 1.0):
                    made.anneal(fraction, 0)
                    self.assertEqual(made.take_step()[3], 0)
                self.assertGreater(min(search.costs(made.model)[:2]), 0.5)

    def test_all_networks_see_the_same_crops_and_qualities(self):
        seen = []
        for changes in ({}, {"latent_channels": 32}, {"network": "cae-2017"}):
            made, drawn = self.trainer_of(small_config(**RECIPE, **changes)), []
            work = made.work
            made.work = lambda x, quality: drawn.append(torch.cat([x.flatten(), quality])) or work(x, quality)
            for _ in range(2):
                made.take_step()
            seen.append(torch.stack(drawn))
        self.assertTrue(torch.equal(seen[0], seen[1]) and torch.equal(seen[0], seen[2]))
        self.assertFalse(torch.equal(seen[0][0], seen[0][1]))

    def test_a_fixed_quality_is_the_only_one(self):
        made, drawn = self.trainer_of(small_config(**RECIPE, fixed_quality=25.0)), []
        made.work = lambda x, quality: drawn.append(quality) or torch.zeros(4)
        made.take_step()
        self.assertEqual(drawn[0].tolist(), [25.0, 25.0])

    def test_tables_are_fitted_to_a_fixed_quality_alone(self):
        for fixed, expected in ((25.0, {6400}), (0.0, None)):
            seen = []
            model = make_model(small_config(fixed_quality=fixed))
            with mock.patch.object(
                export.Statistics, "add", lambda self, coder, latents, quality256: seen.append(int(quality256))
            ):
                export.export(model, "test", 0, smooth_pictures(2, 64, 64))
            self.assertTrue(set(seen) == expected if expected else len(set(seen)) == 6)

    def test_a_dropped_branch_fades_and_is_not_exported(self):
        model = make_model(small_config(linear="dropped"))
        y, off = torch.rand(1, 16, 2, 2), trainer.make_autocast(CPU)
        straight = torch.nn.functional.pixel_shuffle(model.synthesis.linear(y), 16)
        for fraction, share in ((0.0, 1.0), (0.55, 0.5), (0.9, 0.0)):
            model.anneal(fraction)  # the convolutional branch starts at zero
            torch.testing.assert_close(model.synthesis(y, off), share * straight)
        self.assertEqual(len(export.synthesis_branches(model.synthesis)), 1)

    def test_a_lapped_branch_starts_as_the_plain_one(self):
        torch.manual_seed(0)
        y, off = torch.rand(1, 16, 3, 3), trainer.make_autocast(CPU)
        plain, lapped = (make_model(small_config(linear=linear)).synthesis for linear in ("kept", "lapped"))
        torch.testing.assert_close(plain(y, off), lapped(y, off))


@unittest.skipUnless(HAS_TORCH, "needs torch")
class CostTest(unittest.TestCase):
    def costs(self, **changes):
        return search.costs(make_model(small_config(**changes)))

    def test_costs_are_those_counted_by_hand(self):
        context = (4 * SMALL_CONTEXT + SMALL_LAST, 16)
        for found, layers in zip(self.costs(), (SMALL_ANALYSIS, SMALL_SYNTHESIS, (*SMALL_HYPER, context))):
            self.assertAlmostEqual(found, counted(layers))

    def test_each_pass_of_the_context_costs_all_but_its_last_layer(self):
        for passes, table in ((1, [[0, 0, 0, 0]]), (2, [[0, 255, 255, 0], [255, 0, 0, 255]])):
            found = self.costs(group_table=table)[2]
            self.assertAlmostEqual(found, counted((*SMALL_HYPER, (passes * SMALL_CONTEXT + SMALL_LAST, 16))))

    def test_variants_differ_by_their_layers(self):
        plain = self.costs()[1]
        self.assertAlmostEqual(plain - self.costs(last_layer="none")[1], counted([(8 * 9, 4)]))
        self.assertAlmostEqual(self.costs(last_layer="full")[1] - plain, counted([(8 * 48 * 8 - 8 * 9, 4)]))
        self.assertAlmostEqual(plain - self.costs(linear="dropped")[1], counted([(16 * 768, 16)]))
        self.assertAlmostEqual(self.costs(linear="lapped")[1] - plain, counted([(16 * 9, 16)]))

    def test_the_ancestor_costs_what_its_paper_says(self):
        analysis, synthesis, entropy = self.costs(network="cae-2017")
        blocks = (6 * 128 * 128 * 9, 4)
        self.assertAlmostEqual(analysis, counted(((3 * 64 * 25, 2), (64 * 128 * 25, 4), blocks, (128 * 96 * 25, 8))))
        self.assertAlmostEqual(synthesis, counted(((96 * 512 * 9, 8), blocks, (128 * 256 * 9, 4), (64 * 12 * 9, 2))))
        self.assertEqual(entropy, 0)


if __name__ == "__main__":
    unittest.main()
