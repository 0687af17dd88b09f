//! Mobile number ranges of the most frequent destinations, by length and leading digits.
//!
//! Every number in a range is a valid mobile number for libphonenumber. Leads with exceptions and very small ranges are
//! omitted and handled by libphonenumber. Derived from libphonenumber 9.0.42 and checked against the version in use by
//! `super::tests` and `tests/it/numbers.rs`: if a test reports a number, shorten or remove its lead here.

/// National numbers of `digits` digits that begin with one of `leads`, each an inclusive range of leading digits.
struct Plan {
    calling_code: u64,
    digits: u32,
    leads: &'static [(u64, u64)],
}

const COUNT: usize = {
    let (mut count, mut at) = (0, 0);
    while at < PLANS.len() {
        count += PLANS[at].leads.len();
        at += 1;
    }
    count
};

/// The ranges as complete international numbers, in ascending order. The magnitude implies the length, so one
/// comparison checks calling code, length and lead.
const RANGES: [(u64, u64); COUNT] = {
    let mut ranges = [(0, 0); COUNT];
    let (mut filled, mut at) = (0, 0);
    while at < PLANS.len() {
        let plan = &PLANS[at];
        let base = plan.calling_code * 10u64.pow(plan.digits);
        let mut lead = 0;
        while lead < plan.leads.len() {
            let (from, to) = plan.leads[lead];
            let span = 10u64.pow(plan.digits - (from.ilog10() + 1));
            let range = (base + from * span, base + (to + 1) * span - 1);
            // Insertion sort: the list is nearly sorted, and `const fn` has no other sort.
            let mut place = filled;
            while place > 0 && ranges[place - 1].0 > range.0 {
                ranges[place] = ranges[place - 1];
                place -= 1;
            }
            ranges[place] = range;
            filled += 1;
            lead += 1;
        }
        at += 1;
    }
    ranges
};

/// The first number of each range, in order.
pub(super) static LOWEST: [u64; COUNT] = {
    let (mut ends, mut at) = ([0; COUNT], 0);
    while at < COUNT {
        ends[at] = RANGES[at].0;
        at += 1;
    }
    ends
};

/// The last number of each range, in the same order.
pub(super) static HIGHEST: [u64; COUNT] = {
    let (mut ends, mut at) = ([0; COUNT], 0);
    while at < COUNT {
        ends[at] = RANGES[at].1;
        at += 1;
    }
    ends
};

#[rustfmt::skip]
const PLANS: &[Plan] = &[
    // Russia and Kazakhstan
    Plan { calling_code: 7, digits: 10, leads: &[
        (700, 702), (705, 708), (747, 747), (760, 764), (771, 771), (775, 778), (785,
        785), (90, 92), (9301, 9999),
    ] },
    // Egypt
    Plan { calling_code: 20, digits: 10, leads: &[(10, 12), (15, 15)] },
    // South Africa
    Plan { calling_code: 27, digits: 7, leads: &[(81, 84)] },
    Plan { calling_code: 27, digits: 8, leads: &[(81, 84)] },
    Plan { calling_code: 27, digits: 9, leads: &[(191, 192), (500, 502), (6, 7), (81, 85)] },
    // Greece
    Plan { calling_code: 30, digits: 10, leads: &[(685, 685), (687, 699), (94, 94)] },
    // Netherlands
    Plan { calling_code: 31, digits: 9, leads: &[(61, 65), (68, 68)] },
    // Belgium
    Plan { calling_code: 32, digits: 9, leads: &[(45, 49)] },
    // France
    Plan { calling_code: 33, digits: 9, leads: &[
        (600, 638), (64, 68), (695, 695), (698, 699), (73, 79),
    ] },
    // Spain
    Plan { calling_code: 34, digits: 9, leads: &[(6, 6), (71, 74), (78, 78)] },
    // Hungary
    Plan { calling_code: 36, digits: 9, leads: &[(20, 20), (30, 31), (50, 50), (70, 70)] },
    // Italy
    Plan { calling_code: 39, digits: 9, leads: &[(32, 39)] },
    Plan { calling_code: 39, digits: 10, leads: &[(31, 39), (43, 43)] },
    // Romania
    Plan { calling_code: 40, digits: 9, leads: &[
        (600, 600), (6200, 6300), (7000, 7020), (703, 713), (720, 780), (783, 788), (790,
        793), (799, 799),
    ] },
    // Switzerland
    Plan { calling_code: 41, digits: 9, leads: &[(68, 69), (72, 73), (75, 79)] },
    // Austria
    Plan { calling_code: 43, digits: 8, leads: &[
        (650, 653), (655, 655), (657, 657), (659, 661), (663, 699),
    ] },
    Plan { calling_code: 43, digits: 9, leads: &[
        (650, 653), (655, 655), (657, 657), (659, 661), (663, 699),
    ] },
    Plan { calling_code: 43, digits: 10, leads: &[
        (650, 653), (655, 655), (657, 657), (659, 661), (663, 699),
    ] },
    Plan { calling_code: 43, digits: 11, leads: &[
        (650, 653), (655, 655), (657, 657), (659, 661), (663, 699),
    ] },
    // United Kingdom
    Plan { calling_code: 44, digits: 10, leads: &[(71, 75), (7701, 7910), (7912, 7999)] },
    // Denmark
    Plan { calling_code: 45, digits: 8, leads: &[
        (201, 209), (211, 219), (221, 229), (231, 239), (241, 249), (251, 289), (291,
        299), (301, 309), (311, 319), (321, 329), (331, 339), (341, 349), (351, 359),
        (361, 369), (381, 389), (391, 399), (401, 409), (411, 419), (421, 429), (431,
        439), (441, 449), (451, 459), (461, 469), (471, 479), (481, 489), (491, 499),
        (501, 509), (511, 519), (521, 529), (531, 539), (541, 549), (551, 559), (561,
        569), (571, 579), (581, 589), (591, 599), (601, 609), (611, 619), (621, 629),
        (631, 639), (641, 649), (651, 659), (661, 689), (691, 699), (701, 709), (711,
        719), (721, 729), (731, 739), (741, 749), (751, 759), (761, 769), (771, 779),
        (781, 789), (791, 799), (811, 819), (821, 829), (861, 869), (871, 879), (881,
        889), (891, 899), (911, 919), (921, 929), (931, 939), (941, 949), (96, 96), (971,
        979), (981, 989), (991, 999),
    ] },
    // Sweden
    Plan { calling_code: 46, digits: 9, leads: &[(70, 70), (72, 73), (76, 76), (78, 79)] },
    // Norway
    Plan { calling_code: 47, digits: 8, leads: &[(40, 41), (4500, 4535), (4537, 4899), (9, 9)] },
    // Poland
    Plan { calling_code: 48, digits: 9, leads: &[
        (212, 212), (2131, 2139), (45, 45), (50, 51), (53, 53), (57, 57), (60, 60), (66,
        66), (69, 69), (72, 73), (78, 79), (88, 88),
    ] },
    // Germany
    Plan { calling_code: 49, digits: 10, leads: &[(160, 160), (162, 163), (17, 17)] },
    Plan { calling_code: 49, digits: 11, leads: &[(150, 152), (155, 160), (162, 163), (17, 17)] },
    // Mexico
    Plan { calling_code: 52, digits: 10, leads: &[
        (22, 22), (231, 233), (235, 238), (243, 249), (271, 276), (281, 285), (311, 317),
        (321, 339), (341, 349), (351, 359), (371, 378), (381, 389), (391, 395), (411,
        415), (417, 419), (421, 429), (431, 438), (44, 45), (461, 469), (471, 479), (481,
        483), (485, 489), (492, 496), (55, 56), (591, 597), (612, 616), (621, 629), (631,
        639), (641, 649), (651, 653), (656, 665), (667, 669), (671, 677), (694, 698),
        (711, 729), (731, 739), (741, 749), (753, 759), (761, 779), (781, 786), (81, 81),
        (823, 826), (831, 836), (844, 846), (866, 873), (916, 919), (921, 924), (932,
        934), (936, 938), (96, 96), (981, 988), (99, 99),
    ] },
    // Brazil
    Plan { calling_code: 55, digits: 10, leads: &[
        (117, 117), (127, 127), (137, 137), (147, 147), (157, 157), (167, 167), (177,
        177), (187, 187), (197, 197), (217, 217), (227, 227), (247, 247), (277, 277),
        (287, 287), (317, 317), (327, 327), (337, 337), (347, 347), (357, 357), (377,
        377), (387, 387), (417, 417), (427, 427), (437, 437), (447, 447), (457, 457),
        (467, 467), (477, 477), (487, 487), (497, 497), (517, 517), (537, 537), (547,
        547), (557, 557), (617, 617), (627, 627), (637, 637), (647, 647), (657, 657),
        (667, 667), (677, 677), (687, 687), (697, 697), (717, 717), (737, 737), (747,
        747), (757, 757), (777, 777), (797, 797), (817, 817), (827, 827), (837, 837),
        (847, 847), (857, 857), (867, 867), (877, 877), (887, 887), (897, 897), (917,
        917), (927, 927), (937, 937), (947, 947), (957, 957), (967, 967), (977, 977),
        (987, 987), (997, 997),
    ] },
    Plan { calling_code: 55, digits: 11, leads: &[
        (119, 119), (129, 129), (139, 139), (149, 149), (159, 159), (169, 169), (179,
        179), (189, 189), (199, 199), (219, 219), (229, 229), (249, 249), (279, 279),
        (289, 289), (319, 319), (329, 329), (339, 339), (349, 349), (359, 359), (379,
        379), (389, 389), (419, 419), (429, 429), (439, 439), (449, 449), (459, 459),
        (469, 469), (479, 479), (489, 489), (499, 499), (519, 519), (539, 539), (549,
        549), (559, 559), (619, 619), (629, 629), (639, 639), (649, 649), (659, 659),
        (669, 669), (679, 679), (689, 689), (699, 699), (719, 719), (739, 739), (749,
        749), (759, 759), (779, 779), (799, 799), (819, 819), (829, 829), (839, 839),
        (849, 849), (859, 859), (869, 869), (879, 879), (889, 889), (899, 899), (919,
        919), (929, 929), (939, 939), (949, 949), (959, 959), (969, 969), (979, 979),
        (989, 989), (999, 999),
    ] },
    // Colombia
    Plan { calling_code: 57, digits: 10, leads: &[
        (300, 305), (310, 323), (3241, 3249), (3330, 3332), (3334, 3339), (350, 351),
        (370, 370),
    ] },
    // Malaysia
    Plan { calling_code: 60, digits: 9, leads: &[
        (1020, 1046), (1050, 1071), (1076, 1098), (12, 12), (131, 139), (142, 143), (145,
        149), (16, 16), (171, 179), (1820, 1840), (1857, 1871), (1876, 1881), (1890,
        1898), (19, 19),
    ] },
    Plan { calling_code: 60, digits: 10, leads: &[
        (111, 115), (1161, 1174), (159, 159), (19, 19),
    ] },
    // Australia
    Plan { calling_code: 61, digits: 9, leads: &[
        (400, 440), (444, 444), (447, 452), (454, 470), (4720, 4791), (4800, 4833), (4836,
        4953), (4960, 4964), (497, 499),
    ] },
    // Indonesia
    Plan { calling_code: 62, digits: 9, leads: &[(81, 83), (85, 89)] },
    Plan { calling_code: 62, digits: 10, leads: &[(81, 83), (85, 89)] },
    Plan { calling_code: 62, digits: 11, leads: &[(81, 83), (85, 89)] },
    // Philippines
    Plan { calling_code: 63, digits: 10, leads: &[
        (813, 813), (817, 817), (895, 898), (905, 912), (914, 939), (942, 979), (981,
        981), (983, 983), (985, 989), (991, 999),
    ] },
    // New Zealand
    Plan { calling_code: 64, digits: 8, leads: &[(21, 21), (26, 26), (275, 275)] },
    Plan { calling_code: 64, digits: 9, leads: &[(20, 22), (26, 29)] },
    Plan { calling_code: 64, digits: 10, leads: &[(20, 22), (27, 29)] },
    // Singapore
    Plan { calling_code: 65, digits: 8, leads: &[(801, 989)] },
    // Thailand
    Plan { calling_code: 66, digits: 9, leads: &[(14, 14), (61, 66), (8, 9)] },
    // Japan
    Plan { calling_code: 81, digits: 10, leads: &[
        (601, 609), (701, 709), (801, 809), (901, 909),
    ] },
    // South Korea
    Plan { calling_code: 82, digits: 9, leads: &[
        (1000, 1058), (106, 121), (123, 129), (16, 19),
    ] },
    Plan { calling_code: 82, digits: 10, leads: &[
        (1000, 1058), (106, 121), (123, 129), (16, 19),
    ] },
    // Viet Nam
    Plan { calling_code: 84, digits: 9, leads: &[
        (3, 3), (51, 51), (522, 523), (559, 569), (58, 59), (70, 70), (76, 79), (81, 88),
        (896, 991), (993, 999),
    ] },
    // China
    Plan { calling_code: 86, digits: 11, leads: &[
        (13, 13), (145, 145), (147, 147), (150, 153), (155, 159), (162, 162), (165, 167),
        (170, 173), (175, 178), (180, 193), (195, 199),
    ] },
    // Türkiye
    Plan { calling_code: 90, digits: 10, leads: &[
        (500, 510), (516, 516), (524, 524), (53, 55), (562, 562), (564, 564), (572, 572),
        (574, 575), (5822, 5825), (594, 594), (596, 596),
    ] },
    // India
    Plan { calling_code: 91, digits: 10, leads: &[
        (600, 610), (616, 617), (6190, 6211), (6280, 6311), (6350, 6411), (6480, 6511),
        (6690, 6711), (687, 709), (7200, 7311), (7347, 7391), (7396, 7511), (7524, 7551),
        (7557, 7589), (7658, 7700), (7708, 7880), (7888, 7909), (796, 801), (8080, 8161),
        (8168, 8201), (8218, 8241), (8248, 8311), (8328, 8361), (8368, 8611), (8638,
        8661), (8668, 8701), (8707, 8771), (8788, 8831), (8848, 8912), (8918, 9999),
    ] },
    // Pakistan
    Plan { calling_code: 92, digits: 10, leads: &[
        (300, 337), (339, 349), (355, 355), (364, 364), (37, 37),
    ] },
    // Myanmar
    Plan { calling_code: 95, digits: 7, leads: &[(170, 171)] },
    Plan { calling_code: 95, digits: 8, leads: &[
        (920, 924), (950, 956), (96, 96), (980, 990), (998, 999),
    ] },
    Plan { calling_code: 95, digits: 9, leads: &[
        (930, 933), (936, 936), (941, 941), (943, 943), (947, 947), (9488, 9488), (949,
        949), (961, 961), (973, 973), (991, 991),
    ] },
    Plan { calling_code: 95, digits: 10, leads: &[
        (925, 926), (934, 934), (940, 940), (942, 942), (944, 945), (96, 96), (975, 979),
        (988, 989), (994, 998),
    ] },
    // Nigeria
    Plan { calling_code: 234, digits: 10, leads: &[
        (7010, 7022), (7024, 7299), (8010, 8191), (901, 916),
    ] },
    // Kenya
    Plan { calling_code: 254, digits: 9, leads: &[
        (100, 108), (110, 121), (124, 124), (130, 130), (135, 146), (18, 18), (7, 7),
    ] },
    // Portugal
    Plan { calling_code: 351, digits: 9, leads: &[(91, 93), (96, 96)] },
    // Ireland
    Plan { calling_code: 353, digits: 9, leads: &[(822, 822), (83, 83), (85, 89)] },
    // Iceland
    Plan { calling_code: 354, digits: 7, leads: &[
        (611, 618), (620, 626), (630, 630), (632, 632), (636, 641), (644, 644), (646,
        647), (649, 651), (655, 655), (659, 666), (669, 670), (680, 680), (686, 688), (69,
        69), (750, 750), (755, 755), (757, 757), (76, 79), (820, 825), (829, 869), (882,
        883), (888, 888), (89, 89),
    ] },
    // Finland
    Plan { calling_code: 358, digits: 7, leads: &[(40, 48), (50, 50)] },
    Plan { calling_code: 358, digits: 8, leads: &[(40, 48), (50, 50)] },
    Plan { calling_code: 358, digits: 9, leads: &[(40, 48), (50, 50)] },
    Plan { calling_code: 358, digits: 10, leads: &[(40, 48), (50, 50)] },
    // Ukraine
    Plan { calling_code: 380, digits: 9, leads: &[
        (39, 39), (50, 50), (63, 63), (66, 68), (71, 73), (75, 75), (77, 77), (91, 99),
    ] },
    // Czechia
    Plan { calling_code: 420, digits: 9, leads: &[
        (601, 608), (7020, 7060), (719, 739), (77, 77), (79, 79),
    ] },
    // Hong Kong
    Plan { calling_code: 852, digits: 8, leads: &[
        (4400, 4443), (4445, 4499), (4600, 4645), (4647, 4666), (4670, 4744), (4750,
        4765), (510, 514), (516, 524), (526, 534), (536, 544), (546, 554), (556, 564),
        (5680, 5736), (576, 579), (5900, 5958), (596, 599), (6010, 6261), (6270, 6665),
        (6670, 6785), (679, 685), (687, 699), (701, 705), (8400, 8442), (8485, 8499),
        (901, 910), (9120, 9291), (9293, 9391), (9394, 9594), (960, 988),
    ] },
    // Cambodia
    Plan { calling_code: 855, digits: 8, leads: &[
        (1, 1), (60, 61), (66, 70), (77, 81), (83, 87), (89, 95), (97, 99),
    ] },
    Plan { calling_code: 855, digits: 9, leads: &[
        (12, 12), (18, 18), (31, 31), (38, 38), (71, 71), (76, 76), (88, 88), (96, 97),
    ] },
    // Laos
    Plan { calling_code: 856, digits: 9, leads: &[(30, 30)] },
    Plan { calling_code: 856, digits: 10, leads: &[
        (202, 203), (205, 205), (207, 207), (2087, 2088), (209, 209), (302, 302), (304,
        304),
    ] },
    // Bangladesh
    Plan { calling_code: 880, digits: 10, leads: &[
        (11, 11), (13, 19), (370, 370), (372, 380), (382, 389), (440, 440), (442, 449),
        (64, 64), (660, 660), (662, 669),
    ] },
    // Saudi Arabia
    Plan { calling_code: 966, digits: 9, leads: &[(50, 51), (5300, 5798), (58, 59)] },
    // United Arab Emirates
    Plan { calling_code: 971, digits: 9, leads: &[(50, 50), (52, 56), (58, 58)] },
    // Israel
    Plan { calling_code: 972, digits: 9, leads: &[
        (500, 500), (502, 510), (512, 520), (522, 539), (542, 549), (5520, 5533), (5591,
        5699), (583, 587), (592, 599),
    ] },
];
