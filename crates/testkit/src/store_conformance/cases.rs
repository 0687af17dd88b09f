//! The list of all cases.

/// Creates a `#[tokio::test]` for every case; `$rig` is an async function that creates a fresh [`Rig`].
#[macro_export]
macro_rules! store_conformance {
    ($rig:path) => {
        $crate::store_conformance! { @each $rig:
            // accounts
            stores_accounts_with_their_balances
            refuses_a_duplicate_account_name
            keeps_keys_with_their_scopes
            revokes_a_key_once
            refuses_keys_of_unknown_accounts
            refuses_a_grant_below_zero
            takes_back_credit_that_may_be_spent
            gives_no_more_than_there_is
            lists_the_credit_that_was_given_newest_first
            disables_and_enables_an_account
            // numbers on loan
            a_number_is_begun_with_its_payment
            spends_credit_for_a_number
            a_request_for_a_number_spends_credit_once
            stores_a_supplier_before_it_is_called_and_calls_each_once
            frees_the_leases_of_a_node
            a_code_fulfils_the_order_of_a_number
            keeps_each_message_of_a_number_once_and_late_ones_free
            an_order_without_a_number_is_given_back
            a_number_is_cancelled_when_that_is_possible
            a_number_that_comes_after_the_cancel_is_released
            time_ends_a_number_once
            a_number_is_lent_once_for_a_service
            waits_for_another_code_without_giving_money_back
            a_rental_is_settled_at_its_first_message_or_after_twenty_minutes
            a_rental_is_cancelled_free_before_it_is_kept
            an_extension_moves_the_end_of_its_rental
            extensions_of_a_rental_follow_each_other
            an_extension_that_moves_no_end_is_given_back
            a_rental_does_not_end_while_it_is_extended
            a_rental_is_not_begun_after_its_time
            each_message_of_a_rental_is_an_event
            a_node_without_the_lease_frees_nothing
            a_number_of_a_lost_order_goes_back
            a_whole_number_is_rented_to_one_buyer
            believes_the_supplier_that_was_called_alone
            lists_an_account_s_numbers
            a_thousand_orders_get_ten_numbers_once_each
            // success rates
            counts_how_numbers_ended
            counts_the_numbers_of_a_buyer
            // logins
            keeps_a_profile_and_audits_no_value
            finds_what_a_login_is_compared_with
            a_code_is_used_once_and_not_for_long
            a_code_is_tried_a_few_times_and_few_are_made
            // merged texts
            hands_out_each_recipient_with_its_own_text
            keeps_own_texts_for_a_retry
            // people
            keeps_people_with_ids_of_their_account
            a_number_has_one_person
            a_person_is_in_groups_with_its_number
            a_person_without_a_number_is_in_groups
            finds_contacts_of_files_by_number
            a_contact_of_a_file_is_gone_with_its_last_group
            // orders
            keeps_an_order_before_its_invoice
            refuses_a_duplicate_order
            refuses_inconsistent_orders
            attaches_an_invoice_only_while_open
            starts_work_when_the_payment_is_held
            holds_a_payment_once
            starts_no_work_for_a_cancelled_order
            fulfils_funding_when_the_payment_is_held
            counts_open_and_held_orders
            lists_held_and_lost_orders
            decides_only_payments_without_a_live_order
            lists_funding_newest_first
            spends_credit_when_the_order_is_accepted
            refuses_an_order_without_enough_credit
            reserves_nothing_for_a_duplicate_order
            stores_orders_for_email_addresses
            keeps_orders_for_numbers_that_are_lent
            finds_an_order_by_its_payment_hash_alone
            // settled as sent
            settles_as_sent_what_a_carrier_took
            refunds_what_no_carrier_confirmed
            settles_at_once_by_a_carrier_whose_word_suffices
            gives_an_account_its_price_back_when_it_failed_late
            gives_back_what_was_paid_over_lightning_once_it_is_settled
            a_stranger_sees_a_late_failure
            settles_near_the_nodes_deadline_what_a_carrier_took
            reports_an_order_settled_as_sent_at_its_end
            // unpaid orders
            keeps_no_bodies_of_an_order_that_nobody_paid
            tells_nobody_of_an_order_that_its_buyer_never_saw
            keeps_the_bodies_of_an_order_that_was_paid
            limits_unpaid_orders_per_client_and_day
            // order keys
            a_request_makes_one_order_to_be_paid_by_invoice
            a_key_is_free_when_its_order_ended_unpaid
            a_request_spends_credit_once
            a_refused_request_keeps_no_key
            concurrent_requests_with_one_key_are_one
            // credit
            accepts_many_orders_in_one_change
            spends_credit_in_order_of_the_batch
            stores_nothing_of_an_inconsistent_batch
            spends_the_last_credit_once
            leases_accepted_orders_to_the_caller
            records_outcomes_of_unclaimed_chunks
            resumes_leased_orders_after_a_crash
            // daily limit
            spends_up_to_the_daily_limit
            credits_refunds_of_the_same_day_to_the_daily_limit
            counts_orders_and_campaigns_toward_one_daily_limit
            spends_the_rest_of_the_daily_limit_once
            // a clock that goes back
            reexamines_what_was_put_off_while_the_clock_was_ahead
            reexamines_orders_whose_comparison_was_put_off
            // traffic
            counts_messages_by_payer_prefix_and_hour
            // caps
            limits_open_orders_per_client
            limits_open_orders_in_total
            limits_held_payments_per_client
            limits_orders_per_network
            limits_held_payments_in_total
            limits_the_sum_of_held_payments
            orders_paid_from_credit_do_not_count_against_the_caps
            recognises_a_duplicate_order_at_the_cap
            // numbers
            keeps_a_number_with_its_terms
            lists_numbers_in_their_order
            changes_a_number_and_audits_it_once
            follows_the_numbers_of_the_configuration_file
            // phones
            a_phone_registers_by_its_token_as_often_as_it_likes
            a_phone_has_a_name_and_a_secret_of_its_own
            a_number_is_proven_by_its_text_until_the_card_is_changed
            a_phone_s_message_is_stored_once
            a_phone_s_message_without_a_certain_line_is_kept_and_of_no_loan
            lends_numbers_of_phones_that_are_ready
            a_phone_is_removed_with_its_numbers
            the_owner_of_a_phone_earns_once_of_a_sold_code
            the_owner_of_a_phone_earns_when_the_node_has_settled
            the_owner_of_a_phone_earns_nothing_of_a_payment_lost_before_the_code
            the_owner_of_a_phone_earns_nothing_of_a_payment_lost_after_the_code
            // texts that phones send
            a_text_is_of_the_phone_that_fetched_it
            a_text_that_no_phone_fetched_is_withdrawn
            the_sim_card_that_sent_least_sends_up_to_its_limit
            a_lent_number_sends_no_texts
            what_waits_is_not_sent_by_a_card_that_may_no_longer_send
            what_waits_is_withdrawn_when_its_recipient_is_claimed_again
            the_carrier_that_has_a_text_gets_its_receipts
            a_sim_card_that_cannot_send_rests
            texts_of_a_phone_that_is_gone_are_nobody_s
            forgets_the_words_of_texts_that_are_no_longer_valid
            keeps_the_furthest_state_that_a_phone_reports
            // pool
            lends_a_number_to_one_buyer_at_a_time
            a_number_rests_after_a_loan
            a_loan_ends_by_itself
            a_text_to_a_number_on_loan_is_the_loan_s
            texts_of_loans_are_due_until_the_engine_has_them
            a_repeated_part_is_one_text_of_the_loan
            a_text_of_a_loan_is_shown_to_no_one_else
            a_number_gives_one_code_per_service_until_it_cooled_down
            a_rented_number_is_lent_for_nothing_else_and_then_quarantined
            lends_only_numbers_that_fit
            numbers_that_bring_no_message_come_last
            an_id_that_had_no_number_never_gets_one
            a_clock_that_is_set_back_lends_nothing_twice
            many_buyers_at_once_get_each_number_once
            a_message_that_began_before_the_loan_is_not_the_borrowers
            a_text_that_the_network_took_before_the_loan_is_not_the_borrowers
            a_changed_card_brings_an_open_loan_nothing
            a_text_without_a_sim_may_be_of_the_card_beside_the_lent_one
            the_text_that_proves_a_number_is_sold_to_nobody
            a_rental_that_is_cancelled_unused_does_not_empty_the_pool
            one_id_may_be_lent_on_both_lines
            a_number_in_two_spellings_is_lent_once
            numbers_that_cannot_be_lent_hide_no_others
            // money
            keeps_the_price_when_delivered
            refunds_the_price_when_not_delivered
            books_the_amount_that_was_held
            credits_funding
            never_overdraws_in_contention
            never_overdraws_from_two_processes
            the_ledger_sums_to_zero_after_random_steps
            // cancel
            cancels_an_open_order
            the_buyer_can_cancel_before_a_claim
            the_buyer_cannot_cancel_after_a_claim
            the_buyer_can_cancel_between_two_attempts
            the_buyer_cannot_cancel_once_a_carrier_has_a_part
            times_out_at_the_end_of_the_hold
            stays_fulfilled_at_the_end_of_the_hold
            cancels_as_unpaid_only_while_unpaid
            cancels_an_order_paid_from_credit
            changes_nothing_after_a_cancel
            // node
            claims_due_checks_once
            checks_a_decided_order_at_once
            does_not_postpone_the_check_of_a_decided_order
            settles_and_cancels_by_the_nodes_reports
            repeated_node_reports_change_nothing
            an_order_refunded_by_the_node_is_lost
            does_not_settle_an_unfulfilled_order
            makes_every_open_order_due_at_start
            keeps_the_order_of_due_checks
            retries_nothing_of_a_lost_order
            claims_nothing_of_a_lost_order
            // claims
            claims_a_chunk_once
            serves_the_lower_lane_first
            claims_no_more_than_there_is_room_for
            claims_again_after_the_lease
            renews_only_its_own_leases
            releases_the_leases_of_one_node
            does_not_claim_expired_chunks
            splits_a_message_into_chunks
            reports_the_height_at_which_the_hold_ends
            // fairness
            claims_from_accounts_in_turn
            claims_next_from_accounts_that_did_not_fit
            claims_an_accounts_oldest_chunk_first
            claims_nothing_of_accounts_at_their_limit
            limits_the_bulk_chunks_of_a_claim
            shares_the_queue_between_two_nodes
            // outcomes
            accepted_parts_are_submitted
            accepted_parts_of_a_carrier_without_receipts_are_delivered
            a_refused_recipient_fails
            a_recipient_refused_for_its_age_expires
            retries_deferred_recipients
            keeps_a_chunk_due_while_recipients_are_pending
            ignores_the_end_of_a_lost_lease
            records_the_parts_of_a_lost_lease
            ignores_the_refusal_of_a_lost_lease
            ignores_a_refusal_of_an_accepted_recipient
            recording_an_outcome_twice_is_harmless
            ignores_outcomes_of_unknown_chunks
            records_many_recipients_at_once
            // doubt
            the_buyer_cannot_cancel_after_a_lost_claim
            the_buyer_cannot_cancel_after_an_expired_lease
            the_buyer_cannot_cancel_without_the_carriers_response
            the_buyer_cannot_cancel_after_lost_outcomes
            the_buyer_can_cancel_after_certain_outcomes
            submits_after_too_many_unanswered_claims
            counts_an_unanswered_claim_once
            records_a_late_response
            records_a_late_response_of_an_ended_chunk
            a_late_response_ends_no_chunk
            // parts
            is_submitted_when_all_parts_are_accepted
            does_not_submit_accepted_parts_again
            is_delivered_when_all_parts_are
            fails_when_one_part_fails
            fails_when_a_part_is_refused
            // carriers
            a_claim_includes_the_carrier_that_has_parts
            does_not_combine_parts_of_two_carriers
            replaces_the_parts_of_another_carrier
            keeps_a_part_with_a_final_state
            // failover
            tries_another_carrier_after_a_refusal_of_one
            ignores_try_another_of_a_lost_lease
            the_buyer_can_cancel_when_a_carrier_did_not_accept
            counts_attempts_without_an_accepted_part
            tries_another_carrier_without_receipts
            does_not_requeue_final_recipients
            reports_nothing_when_another_carrier_is_tried
            delivers_by_a_tried_carrier
            fails_nothing_by_a_tried_carrier
            does_not_fail_while_the_earlier_carrier_may_deliver
            fails_when_the_earlier_carrier_fails_too
            stays_with_a_tried_carrier
            requeues_nothing_without_an_accepted_part
            awaits_no_receipts_past_validity
            stops_waiting_for_receipts_when_the_message_ends
            waits_for_receipts_while_others_are_pending
            // receipts
            delivers_by_receipt
            applies_an_early_receipt
            counts_parked_receipts
            records_matched_receipts_and_returns_the_others
            first_final_receipt_wins
            recording_a_receipt_twice_is_harmless
            decides_nothing_by_intermediate_receipts
            matches_ids_per_carrier
            does_not_guess_between_constant_ids
            does_not_guess_a_parked_receipt
            expires_by_receipt
            keeps_the_carriers_code_of_a_failure
            ignores_receipts_of_too_old_submissions
            matches_an_id_that_is_used_again
            does_not_guess_between_constant_ids_with_a_final_one
            applies_no_early_receipt_of_an_earlier_use
            // words
            distinguishes_constant_ids_by_number
            does_not_guess_between_two_texts_to_one_number
            needs_no_recipient_for_a_unique_id
            applies_a_parked_receipt_by_recipient
            notes_an_intermediate_receipt
            notes_a_receipt_after_a_time_out
            notes_a_contradicting_receipt
            counts_a_contradiction_once
            counts_a_late_delivery_of_all_parts
            traces_a_page_of_recipients
            hands_over_the_events_of_receipts
            // expiry
            expires_unaccepted_recipients
            does_not_expire_leased_chunks
            times_out_without_a_receipt
            does_not_expire_early
            expires_no_more_than_its_limit
            deletes_old_parked_receipts
            a_receipt_for_each_of_the_parts_that_share_an_id
            one_receipt_stands_for_the_whole_text
            receipts_that_cannot_be_read_are_kept
            // unmarked
            accepts_an_unmarked_receipt_from_the_recipients_number
            an_unmarked_receipt_from_another_number_is_a_message
            applies_an_early_unmarked_receipt_only_if_it_matches
            keeps_an_early_unmarked_receipt_of_a_reused_id
            distinguishes_constant_ids_by_the_number_an_unmarked_receipt_comes_from
            // forget
            deletes_orders_that_were_never_paid
            deletes_no_more_than_the_limit
            deletes_finished_events
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
            a_postponed_call_is_not_an_attempt
            // events of campaigns
            reports_recipients_by_batches_and_then_the_end
            reports_every_end_of_a_campaign_once
            reports_each_recipient_once_to_each_callback
            reports_to_callbacks_beside_a_webhook
            reports_what_expires_to_callbacks
            gives_no_two_campaigns_the_same_first_id
            reports_received_messages_to_the_accounts_callback
            // bulk
            accepts_a_campaign
            refuses_a_duplicate_campaign
            stores_nothing_of_a_campaign_without_credit
            refuses_inconsistent_campaigns
            spends_the_last_credit_on_one_campaign
            an_idempotency_key_is_used_once
            concurrent_requests_with_one_key_are_done_once
            // ids of the query door
            hands_out_ids_in_a_row_and_never_twice
            concurrent_nodes_take_different_ids
            ids_stay_exact_in_json
            finds_a_recipient_by_its_id
            // bulk: recipients
            sends_nothing_to_excluded_recipients
            splits_price_groups_into_chunks
            opens_a_chunk_once
            expires_unclaimed_chunks
            lists_messages_newest_first
            pages_through_recipients
            scans_no_more_recipients_than_the_limit
            // message list
            lists_texts_of_orders_beside_campaigns
            lists_what_became_of_an_order_s_text
            leaves_the_text_of_an_order_to_its_order
            // bulk: shares
            charges_recipients_by_policy
            moves_no_money_by_receipts_after_the_end
            sends_at_price_zero
            counts_recipients_reported_with_gaps
            // bulk: start
            hands_over_the_form_of_a_campaign
            starts_and_cancels_only_scheduled_campaigns
            starts_or_cancels_but_never_both
            claims_nothing_while_paused
            postpones_a_paused_chunk_after_its_lease
            waits_for_receipts_over_a_pause
            starts_no_paused_campaign
            // bulk: retry
            retries_undelivered_recipients
            a_retry_sends_again_what_a_phone_had
            ignores_results_of_earlier_attempts
            retries_only_finished_campaigns
            retries_once_per_idempotency_key
            retries_once_from_two_processes
            retries_in_chunks
            ends_an_unclaimed_retry
            resumes_a_retry_after_a_crash
            queues_a_retry_for_two_processes
            // inbound
            stores_a_whole_message_at_once
            joins_parts_in_every_order
            joins_split_pairs_and_keeps_octets
            distinguishes_parts_of_different_messages
            keeps_other_content_with_the_same_part_number
            a_joined_part_is_a_repeat_for_a_limited_time
            an_equal_message_is_a_repeat_only_after_an_interruption
            an_equal_message_is_a_repeat_after_a_restart
            joins_parts_stored_out_of_order
            joins_incomplete_messages_after_the_timeout
            joins_no_more_incomplete_messages_than_the_limit
            limits_waiting_parts
            limits_what_a_sender_leaves_incomplete
            reports_the_owner_of_the_destination_number
            reports_an_incomplete_message_to_the_owner_of_its_number
            lists_inbound_messages_newest_first
            two_processes_join_one_message_once
            // keywords
            sells_a_word_on_a_number_to_one_account
            sells_one_word_once_to_two_processes
            sells_nothing_without_credit_or_offer
            renews_a_keyword_once_a_period
            lets_a_keyword_go_that_is_not_paid
            ends_a_keyword_whose_account_or_number_is_gone
            an_operator_ends_a_keyword_at_once
            keywords_on_an_own_number_cost_nothing
            a_message_belongs_to_the_owner_of_its_keyword
            a_message_with_a_keyword_is_reported_to_its_owners_callback
            a_reply_is_stored_with_its_message_and_within_its_limits
            // lookups
            charges_a_lookup_with_its_answer
            // loans of wholesalers
            stores_what_a_wholesaler_lends_under_both_names
            one_loan_of_a_wholesaler_belongs_to_one_of_ours
            // links
            one_node_gets_all_links
            shares_links_evenly_without_reassigning_open_ones
            few_links_stay_with_the_oldest_nodes
            one_link_is_granted_to_one_of_many_nodes
            reassigns_the_links_of_a_dead_node
            a_leaving_node_releases_its_links
            nodes_report_their_links_and_see_what_is_requested
            releases_the_work_of_a_dead_node
            releases_nothing_of_a_live_node
            lists_the_carriers_of_other_nodes
            leaves_chunks_to_the_node_that_has_their_carrier
            // directory
            approves_a_sender_name_once
            decides_on_a_requested_sender_name
            shares_an_approved_sender_name_with_every_account
            lists_sender_names_page_by_page
            keeps_templates_of_each_account_apart
            keeps_groups_of_contacts
            merges_an_upload_batch_by_batch
            shows_the_old_numbers_until_the_upload_is_complete
            reads_all_numbers_of_a_large_group_in_order
            // blocklist
            blocks_numbers_for_one_account_or_for_all
            keeps_the_first_proof_of_a_block
            finds_blocked_numbers_among_many
            stop_blocks_with_proof_and_start_unblocks
            no_word_blocks_at_a_lent_number_and_none_that_the_owner_uses
            start_does_not_lift_an_operators_block
            // blocked
            hands_out_no_recipient_that_was_blocked_meanwhile
            finds_the_blocked_in_chunks_that_were_not_claimed_yet
            ends_a_message_whose_recipients_are_all_blocked
            retries_no_recipient_that_was_blocked_meanwhile
            refunds_a_blocked_order
            refuses_an_order_to_a_blocked_number
            blocks_do_not_affect_email
            blocks_recipients_without_a_complete_submission
            waits_for_receipts_of_possibly_accepted_recipients
            leaves_the_blocked_with_a_tried_carrier
            waits_for_receipts_of_unblocked_recipients
            two_processes_claim_no_blocked_number
            // operators
            keeps_operators_and_revokes_their_keys
            lists_the_audit_log_newest_first
            audits_only_effective_changes
            keeps_prices_of_each_product_by_prefix
            stores_account_settings
            grants_credit_once_per_key
            // refunds
            refunds_the_charge_of_an_order
            records_who_refunded_and_why
            refunds_nothing_that_was_not_charged
            refunds_lightning_payments_as_credit
            refunds_recipients_of_a_campaign
            refunds_accepted_recipients_where_they_are_charged
            two_operators_refund_no_more_than_was_charged
            one_request_from_two_processes_refunds_once
            manual_and_automatic_refunds_exclude_each_other
            // search
            finds_a_number_in_orders_and_campaigns
            finds_recipients_by_account_message_state_and_time
            pages_through_search_results
            scans_no_more_than_a_search_may
            shows_retried_recipients_as_pending
            finds_messages_of_both_kinds_newest_first
            pages_accounts_and_keys_by_id
            pages_an_accounts_messages_by_id
            // traces
            keeps_the_carriers_answer_of_each_failed_try
            a_success_leaves_no_failed_try
            keeps_the_link_that_took_a_part
            stores_a_failed_try_once
            keeps_the_first_failed_tries_and_the_last
            a_paid_retry_begins_without_failed_tries
            shows_what_a_recipient_waits_for
            shows_the_first_claim_of_an_order_as_sending
            shows_paused_and_scheduled_campaigns
            counts_the_backlog_by_lane_and_reason
            reports_how_long_a_receipt_took
            traces_name_the_message_behind_them
            // payouts
            a_share_falls_due_once_and_only_when_settled
            no_share_of_what_is_not_settled
            pays_shares_together_and_once
            a_payment_is_the_sum_of_its_shares
            a_failed_payment_makes_its_shares_due_again
            the_third_failure_waits_for_the_operator
            a_refund_takes_the_share_back_before_it_is_paid
            payments_stay_within_a_day_and_stop_when_paused
            claims_payments_to_look_up
            a_payment_is_sent_again_some_times_by_who_has_claimed_it
            a_failed_payment_that_is_made_all_the_same_is_booked
            a_referrer_that_was_paid_twice_waits_for_the_operator
            a_payment_of_a_lost_node_is_ended_by_the_operator
            a_payment_of_another_node_counts_for_a_day
            lists_payments_newest_first
            // restart
            keeps_everything_across_a_restart
            resumes_claimed_work_after_a_crash
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
