//! The names of all cases, once.

/// Makes a `#[tokio::test]` of every case; `$rig` is an async function that makes a fresh [`Rig`].
#[macro_export]
macro_rules! store_conformance {
    ($rig:path) => {
        $crate::store_conformance! { @each $rig:
            // accounts
            keeps_accounts_and_what_they_have
            refuses_a_name_that_is_taken
            keeps_keys_with_their_scopes
            revokes_a_key_once
            refuses_keys_of_nobody
            refuses_a_grant_below_zero
            // orders
            keeps_an_order_before_its_invoice
            refuses_an_order_that_exists
            refuses_orders_that_make_no_sense
            attaches_an_invoice_only_while_open
            begins_work_when_the_payment_is_held
            holds_a_payment_once
            begins_nothing_for_a_cancelled_order
            fulfils_funding_when_the_payment_is_held
            counts_what_is_open_and_held
            lists_funding_newest_first
            spends_credit_when_the_order_is_accepted
            refuses_an_order_without_enough_credit
            reserves_nothing_for_an_order_that_exists
            keeps_orders_for_mailboxes
            keeps_orders_for_numbers_that_are_lent
            finds_an_order_by_its_payment_hash_alone
            // credit
            accepts_many_orders_in_one_change
            gives_credit_to_the_first_that_it_suffices_for
            stores_nothing_of_a_batch_that_makes_no_sense
            spends_the_last_credit_once
            leases_what_it_accepts_to_the_caller
            records_outcomes_of_what_was_never_claimed
            goes_on_after_a_crash_with_leased_orders
            // daily limit
            spends_on_a_day_what_is_allowed
            counts_what_went_back_on_the_same_day
            counts_orders_and_messages_to_many_together
            spends_the_last_of_a_day_once
            // caps
            leaves_a_client_no_more_open_orders_than_its_share
            leaves_no_more_open_orders_than_there_is_room_for
            leaves_a_client_no_more_held_payments_than_its_share
            leaves_no_more_held_payments_than_there_is_room_for
            counts_no_credit_against_the_caps
            knows_an_order_that_exists_when_there_is_no_room
            // numbers
            keeps_a_number_with_its_terms
            lists_numbers_in_their_order
            changes_a_number_and_audits_it_once
            follows_the_numbers_of_the_configuration_file
            // money
            keeps_the_price_when_delivered
            gives_the_price_back_when_not_delivered
            books_what_was_really_held
            credits_what_was_funded
            never_overdraws_in_contention
            never_overdraws_from_two_processes
            conserves_money_whatever_happens
            // cancel
            cancels_an_open_order
            cancels_for_the_buyer_before_a_claim
            is_too_late_for_the_buyer_after_a_claim
            cancels_for_the_buyer_between_two_tries
            is_too_late_for_the_buyer_once_a_carrier_has_a_part
            times_out_when_the_hold_ran_out
            keeps_what_was_delivered_when_the_hold_ran_out
            cancels_the_unpaid_only_while_unpaid
            cancels_an_order_paid_from_credit
            changes_nothing_after_a_cancel
            // node
            claims_due_checks_once
            checks_a_decided_order_at_once
            does_not_put_off_a_decision
            settles_and_cancels_as_the_node_says
            repeats_of_the_nodes_word_change_nothing
            loses_what_the_node_refunded
            does_not_settle_what_is_not_fulfilled
            makes_every_order_due_at_a_start
            leaves_orders_that_are_due_in_their_place
            retries_nothing_for_an_order_that_was_lost
            hands_out_nothing_of_an_order_that_was_lost
            // claims
            claims_a_chunk_once
            serves_the_lower_lane_first
            claims_no_more_than_there_is_room_for
            claims_again_when_the_lease_has_passed
            renews_only_its_own_leases
            releases_the_leases_of_one_node
            does_not_claim_what_is_no_longer_valid
            cuts_a_message_into_chunks
            reports_the_height_at_which_the_hold_ends
            // fairness
            serves_every_account_in_turn
            serves_accounts_that_a_claim_had_no_room_for
            serves_the_longest_due_of_an_account_first
            claims_nothing_of_accounts_that_are_full
            claims_no_more_bulk_than_there_is_room_for
            shares_the_queue_between_two_nodes
            // outcomes
            submits_what_a_carrier_took
            delivers_what_a_silent_carrier_took
            fails_what_was_refused
            expires_what_was_refused_for_its_age
            tries_again_what_was_deferred
            keeps_a_chunk_due_while_recipients_are_pending
            ignores_the_end_of_a_lost_lease
            records_the_parts_of_a_lost_lease
            ignores_the_refusal_of_a_lost_lease
            ignores_a_refusal_of_what_a_carrier_has
            records_an_outcome_twice_without_harm
            ignores_outcomes_of_unknown_chunks
            records_many_recipients_at_once
            // doubt
            is_too_late_for_the_buyer_after_a_lost_claim
            is_too_late_for_the_buyer_after_a_lease_that_passed
            is_too_late_for_the_buyer_without_the_carriers_answer
            is_too_late_for_the_buyer_when_outcomes_were_lost
            cancels_for_the_buyer_when_every_outcome_was_sure
            submits_after_too_many_unanswered_claims
            counts_an_unanswered_claim_once
            takes_an_answer_that_came_late
            takes_a_late_answer_of_a_chunk_that_ended
            ends_nothing_by_a_late_answer
            // parts
            submits_when_all_parts_are_taken
            does_not_hand_over_parts_again
            delivers_when_all_parts_are
            fails_when_one_part_does
            fails_when_a_part_is_refused
            // carriers
            tells_which_carrier_has_the_parts
            does_not_make_one_text_of_two_carriers_parts
            replaces_the_parts_of_another_carrier
            keeps_a_part_that_is_decided
            // failover
            tries_another_carrier_when_one_will_not_take_it
            ignores_another_try_of_a_lost_lease
            cancels_for_the_buyer_when_a_carrier_would_not_take_it
            counts_attempts_that_took_nothing
            tries_another_carrier_when_receipts_do_not_come
            does_not_return_what_is_decided
            reports_nothing_when_another_carrier_is_tried
            delivers_by_a_tried_carrier
            fails_nothing_by_a_tried_carrier
            fails_nothing_that_a_silent_carrier_may_deliver
            fails_what_the_silent_carrier_fails_too
            stays_with_a_tried_carrier
            returns_nothing_that_nobody_is_known_to_have
            awaits_no_receipts_past_validity
            ends_the_wait_with_the_message
            keeps_waiting_beside_what_is_pending
            // receipts
            delivers_by_receipt
            applies_a_receipt_that_came_first
            counts_what_it_parks
            first_final_receipt_wins
            takes_a_receipt_twice_without_harm
            decides_nothing_by_intermediate_receipts
            knows_carriers_apart
            does_not_guess_between_constant_ids
            does_not_guess_a_parked_receipt
            expires_by_receipt
            keeps_the_carriers_code_of_a_failure
            takes_no_receipt_for_a_submission_that_is_too_old
            matches_an_id_that_is_used_again
            does_not_guess_between_constant_ids_of_which_one_is_decided
            applies_no_early_receipt_of_an_earlier_use
            // words
            distinguishes_constant_ids_by_number
            does_not_guess_between_two_texts_to_one_number
            needs_no_number_when_the_id_is_enough
            applies_a_parked_receipt_by_its_number
            notes_an_intermediate_receipt
            notes_a_receipt_after_a_time_out
            notes_a_contradicting_receipt
            counts_a_contradiction_once
            counts_a_late_delivery_of_all_parts
            traces_a_page_of_recipients
            hands_over_the_events_of_receipts
            // expiry
            expires_what_no_carrier_took
            does_not_expire_what_is_leased
            times_out_what_has_no_receipt
            leaves_what_still_has_time
            expires_no_more_than_its_limit
            deletes_old_parked_receipts
            // unmarked
            believes_an_unmarked_receipt_from_the_recipients_number
            takes_an_unmarked_receipt_of_a_stranger_for_a_message
            applies_an_early_unmarked_receipt_only_where_it_fits
            loses_no_early_unmarked_receipt_of_an_id_used_again
            distinguishes_constant_ids_by_the_number_an_unmarked_receipt_comes_from
            // forget
            forgets_orders_that_were_never_paid
            forgets_no_more_than_asked
            forgets_events_that_ended
            keeps_what_is_queued_and_takes_late_outcomes
            // events
            reports_each_change_once
            reports_nothing_without_a_webhook
            reports_a_cancel_only_when_paid
            one_change_is_one_event
            leases_due_events
            the_events_of_an_order_are_due_one_after_another
            makes_the_next_event_due_when_one_has_ended
            reports_only_the_end_where_that_is_wanted
            hands_over_the_events_of_a_change
            releases_the_events_of_one_node
            retries_until_delivered
            a_failed_event_is_not_due_again
            logs_every_attempt_with_its_result
            deletes_attempts_by_age
            finds_events_by_order_message_account_and_state
            replays_an_event_that_has_ended
            counts_no_attempt_that_was_put_off
            // bulk
            accepts_a_message_to_many
            refuses_a_message_to_many_that_exists
            stores_nothing_of_a_message_to_many_without_credit
            refuses_messages_to_many_that_make_no_sense
            spends_the_last_credit_on_one_message_to_many
            does_one_request_once
            does_requests_of_one_key_at_once_only_once
            // bulk: recipients
            sends_nothing_to_those_who_are_excluded
            cuts_price_groups_into_chunks
            opens_a_chunk_once
            expires_what_nobody_claimed
            lists_messages_newest_first
            pages_through_recipients
            looks_at_no_more_recipients_than_it_may
            // message list
            lists_texts_of_orders_beside_campaigns
            lists_what_became_of_an_order_s_text
            leaves_the_text_of_an_order_to_its_order
            // bulk: shares
            keeps_shares_by_policy
            moves_no_money_by_receipts_after_the_end
            sends_for_nothing_too
            counts_recipients_that_are_told_with_gaps
            // bulk: start
            begins_and_cancels_only_what_is_scheduled
            starts_or_cancels_but_never_both
            hands_out_nothing_while_paused
            puts_off_a_paused_chunk_whose_lease_has_passed
            waits_for_receipts_over_a_pause
            begins_no_paused_message
            // bulk: retry
            tries_again_those_who_did_not_get_it
            hears_nothing_of_earlier_tries
            tries_again_only_what_has_ended
            tries_again_once_for_each_key
            tries_again_once_from_two_processes
            tries_again_in_chunks
            ends_another_try_that_nobody_claimed
            goes_on_with_another_try_after_a_crash
            queues_another_try_for_two_processes
            // inbound
            stores_a_whole_message_at_once
            joins_parts_in_every_order
            joins_pairs_that_were_cut_and_keeps_octets
            knows_the_parts_of_different_messages_apart
            keeps_what_another_message_says_under_a_taken_number
            a_joined_part_that_comes_again_is_a_repeat_for_a_while
            an_equal_message_is_a_repeat_only_after_an_interruption
            an_equal_message_is_a_repeat_in_the_next_process_too
            joins_parts_that_are_stored_in_another_order_than_they_came
            joins_what_waited_too_long_with_a_mark
            joins_no_more_incomplete_ones_than_asked
            keeps_no_more_waiting_parts_than_there_is_room_for
            tells_whose_number_it_came_to
            tells_an_incomplete_message_by_its_number_too
            lists_what_came_in_newest_first
            two_processes_join_one_message_once
            // links
            gives_one_node_all_links
            shares_links_evenly_and_never_one_that_is_open
            gives_few_links_to_those_that_were_there_first
            gives_a_link_to_one_of_many_at_once
            passes_on_the_links_of_a_node_that_is_gone
            leaves_its_links_to_the_others
            frees_the_work_of_a_node_that_is_gone
            frees_nothing_of_a_node_that_is_there
            tells_which_carriers_another_node_has
            leaves_chunks_to_the_node_that_has_their_carrier
            // directory
            approves_a_sender_name_at_once_and_keeps_it_once
            decides_about_a_sender_name_that_was_asked_for
            shares_an_approved_sender_name_with_every_account
            lists_sender_names_page_by_page
            keeps_templates_of_each_account_apart
            keeps_groups_of_contacts
            shows_the_old_numbers_until_the_new_are_whole
            reads_all_numbers_of_a_large_group_in_order
            // blocklist
            blocks_numbers_for_one_account_or_for_all
            keeps_the_first_proof_of_a_block_and_lists_it
            finds_blocked_numbers_among_many
            a_stop_blocks_with_its_proof_and_a_start_frees
            what_an_operator_blocked_is_not_freed_by_a_start
            // blocked
            hands_out_no_recipient_that_was_blocked_meanwhile
            finds_the_blocked_in_chunks_that_were_not_claimed_yet
            ends_a_message_of_which_all_were_blocked
            retries_no_recipient_that_was_blocked_meanwhile
            gives_the_price_of_a_blocked_order_back
            refuses_an_order_to_a_blocked_number
            hands_out_mailboxes_whatever_is_blocked
            blocks_what_no_carrier_can_deliver
            waits_for_a_receipt_of_what_a_carrier_may_have
            leaves_the_blocked_with_a_tried_carrier
            goes_on_waiting_for_receipts_beside_the_blocked
            two_processes_hand_out_no_blocked_number
            // operators
            keeps_operators_and_revokes_their_keys
            tells_the_audit_log_newest_first
            makes_no_line_of_what_did_not_happen
            keeps_prices_of_each_product_by_prefix
            keeps_what_is_agreed_with_an_account
            gives_credit_once
            // refunds
            gives_back_what_an_order_was_charged
            notes_who_gave_money_back_and_why
            gives_back_nothing_that_was_not_charged
            gives_back_what_lightning_paid_as_credit
            gives_back_shares_of_a_message_to_many
            gives_back_what_carriers_took_where_that_is_charged
            two_operators_give_back_no_more_than_was_charged
            one_request_from_two_processes_gives_back_once
            a_refund_and_what_goes_back_by_itself_exclude_each_other
            // search
            finds_a_number_in_orders_and_in_messages_to_many
            finds_recipients_by_account_message_state_and_time
            pages_through_what_is_found
            looks_at_no_more_than_a_search_may
            shows_as_pending_who_is_tried_again
            finds_messages_of_both_kinds_newest_first
            pages_accounts_and_keys_by_id
            pages_an_accounts_messages_by_id
            // restart
            keeps_everything_over_a_restart
            goes_on_after_a_crash_with_claimed_work
            records_late_outcomes_after_a_restart
            serves_two_processes_at_once
            answers_a_ping
        }
    };
    (@each $rig:path: $($case:ident)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::store_conformance::$case(&$rig().await).await;
        }
    )+ };
}
