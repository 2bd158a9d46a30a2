"""the first tables"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('connection', sa.String(), nullable=False),
    sa.Column('account_id', sa.String(), nullable=False),
    sa.Column('credential', sa.String(), nullable=False),
    sa.Column('checked_at', sa.String(length=27), nullable=False),
    sa.PrimaryKeyConstraint('connection', name=op.f('pk_account'))
    )
    op.create_table('api_call',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('connection', sa.String(), nullable=False),
    sa.Column('method', sa.String(), nullable=False),
    sa.Column('endpoint', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('started_at', sa.String(length=27), nullable=False),
    sa.Column('milliseconds', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('correlation_id', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_call')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('api_call', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_call_run'), ['run'], unique=False)

    op.create_table('conflict',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('pair', sa.String(), nullable=False),
    sa.Column('link', sa.String(), nullable=False),
    sa.Column('source_id', sa.String(), nullable=False),
    sa.Column('crm_id', sa.String(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('source_value', sa.Text(), nullable=False),
    sa.Column('crm_value', sa.Text(), nullable=False),
    sa.Column('base', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('winner', sa.String(), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('found_at', sa.String(length=27), nullable=False),
    sa.Column('resolved_at', sa.String(length=27), nullable=True),
    sa.Column('resolved_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conflict_link'), ['link'], unique=False)
        batch_op.create_index(batch_op.f('ix_conflict_pair'), ['pair'], unique=False)
        batch_op.create_index('uq_conflict_open', ['link', 'field'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.create_table('envelope',
    sa.Column('sync', sa.String(), nullable=False),
    sa.Column('fingerprint', sa.String(), nullable=False),
    sa.Column('per_run', sa.Integer(), nullable=False),
    sa.Column('per_day', sa.Integer(), nullable=False),
    sa.Column('until', sa.String(length=27), nullable=False),
    sa.Column('approved_by', sa.String(), nullable=False),
    sa.Column('approved_at', sa.String(length=27), nullable=False),
    sa.PrimaryKeyConstraint('sync', name=op.f('pk_envelope'))
    )
    op.create_table('intent',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('pair', sa.String(), nullable=False),
    sa.Column('connection', sa.String(), nullable=False),
    sa.Column('object', sa.String(), nullable=False),
    sa.Column('side', sa.String(), nullable=False),
    sa.Column('verb', sa.String(), nullable=False),
    sa.Column('link', sa.String(), nullable=False),
    sa.Column('source_id', sa.String(), nullable=True),
    sa.Column('crm_id', sa.String(), nullable=True),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('carries_token', sa.Boolean(), nullable=False),
    sa.Column('sent_at', sa.String(length=27), nullable=False),
    sa.Column('settled_at', sa.String(length=27), nullable=True),
    sa.Column('result', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intent'))
    )
    with op.batch_alter_table('intent', schema=None) as batch_op:
        batch_op.create_index('ix_intent_open', ['connection', 'object'], unique=False, sqlite_where=sa.text("state IN ('sent', 'unknown')"), postgresql_where=sa.text("state IN ('sent', 'unknown')"))
        batch_op.create_index(batch_op.f('ix_intent_pair_sent_at'), ['pair', 'sent_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_intent_run'), ['run'], unique=False)

    op.create_table('link',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('pair', sa.String(), nullable=False),
    sa.Column('source_id', sa.String(), nullable=False),
    sa.Column('crm_id', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('how', sa.String(), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('linked_at', sa.String(length=27), nullable=False),
    sa.Column('fields', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_link'))
    )
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_link_pair_crm_id'), ['pair', 'crm_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_pair_source_id'), ['pair', 'source_id'], unique=False)
        batch_op.create_index('uq_link_crm_active', ['pair', 'crm_id'], unique=True, sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'"))
        batch_op.create_index('uq_link_source_active', ['pair', 'source_id'], unique=True, sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'"))

    op.create_table('meta',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_meta'))
    )
    op.create_table('mirror',
    sa.Column('connection', sa.String(), nullable=False),
    sa.Column('object', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('modified_at', sa.String(length=27), nullable=True),
    sa.Column('external_id', sa.String(), nullable=True),
    sa.Column('other_emails', sa.Text(), nullable=False),
    sa.Column('presence', sa.String(), nullable=False),
    sa.Column('absences', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('is_racy', sa.Boolean(), nullable=False),
    sa.Column('first_seen_at', sa.String(length=27), nullable=False),
    sa.Column('seen_at', sa.String(length=27), nullable=False),
    sa.Column('listing', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('connection', 'object', 'id', name=op.f('pk_mirror'))
    )
    with op.batch_alter_table('mirror', schema=None) as batch_op:
        batch_op.create_index('ix_mirror_absent', ['connection', 'object'], unique=False, sqlite_where=sa.text('absences > 0'), postgresql_where=sa.text('absences > 0'))
        batch_op.create_index(batch_op.f('ix_mirror_connection_object_first_seen_at'), ['connection', 'object', 'first_seen_at'], unique=False)
        batch_op.create_index('ix_mirror_here', ['connection', 'object', 'listing'], unique=False, sqlite_where=sa.text("presence IN ('live', 'suspect')"), postgresql_where=sa.text("presence IN ('live', 'suspect')"))
        batch_op.create_index('ix_mirror_racy', ['connection', 'object'], unique=False, sqlite_where=sa.text('is_racy'), postgresql_where=sa.text('is_racy'))

    op.create_table('mirror_key',
    sa.Column('connection', sa.String(), nullable=False),
    sa.Column('object', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('connection', 'object', 'name', 'value', 'id', name=op.f('pk_mirror_key'))
    )
    with op.batch_alter_table('mirror_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mirror_key_connection_object_id'), ['connection', 'object', 'id'], unique=False)

    op.create_table('observation',
    sa.Column('connection', sa.String(), nullable=False),
    sa.Column('object', sa.String(), nullable=False),
    sa.Column('cursor', sa.Text(), nullable=True),
    sa.Column('covered_until', sa.String(length=27), nullable=True),
    sa.Column('fields', sa.Text(), nullable=False),
    sa.Column('listing', sa.Integer(), nullable=False),
    sa.Column('listed_at', sa.String(length=27), nullable=True),
    sa.Column('listed_count', sa.Integer(), nullable=False),
    sa.Column('definition', sa.Text(), nullable=True),
    sa.Column('defined_at', sa.String(length=27), nullable=True),
    sa.Column('carries_external_id', sa.Boolean(), nullable=True),
    sa.PrimaryKeyConstraint('connection', 'object', name=op.f('pk_observation'))
    )
    op.create_table('pair',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('sync', sa.String(), nullable=False),
    sa.Column('source_connection', sa.String(), nullable=False),
    sa.Column('source_object', sa.String(), nullable=False),
    sa.Column('crm_connection', sa.String(), nullable=False),
    sa.Column('crm_object', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('fingerprint', sa.String(), nullable=False),
    sa.Column('key_names', sa.Text(), nullable=False),
    sa.Column('hold', sa.String(), nullable=False),
    sa.Column('settled_at', sa.String(length=27), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_pair'))
    )
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pair_sync'), ['sync'], unique=False)

    op.create_table('pending',
    sa.Column('pair', sa.String(), nullable=False),
    sa.Column('side', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('pair', 'side', 'id', name=op.f('pk_pending'))
    )
    op.create_table('plan',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('sync', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('created_at', sa.String(length=27), nullable=False),
    sa.Column('decided_at', sa.String(length=27), nullable=True),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_digest'), ['digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_run'), ['run'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_sync'), ['sync'], unique=False)

    op.create_table('planned_operation',
    sa.Column('plan', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('pair', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('side', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('plan', 'position', name=op.f('pk_planned_operation'))
    )
    with op.batch_alter_table('planned_operation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_planned_operation_digest'), ['digest'], unique=False)

    op.create_table('quarantine',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('pair', sa.String(), nullable=False),
    sa.Column('side', sa.String(), nullable=False),
    sa.Column('record', sa.String(), nullable=False),
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('rule', sa.String(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('suggestion', sa.Text(), nullable=False),
    sa.Column('value_class', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('intent', sa.String(), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('found_at', sa.String(length=27), nullable=False),
    sa.Column('ended_at', sa.String(length=27), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quarantine')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_quarantine_pair_side_record'), ['pair', 'side', 'record'], unique=False)
        batch_op.create_index('ix_quarantine_waiting_write', ['intent'], unique=False, sqlite_where=sa.text("status = 'open' AND intent <> ''"), postgresql_where=sa.text("status = 'open' AND intent <> ''"))
        batch_op.create_index('uq_quarantine_open', ['pair', 'side', 'record', 'field', 'rule'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.create_table('run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('sync', sa.String(), nullable=False),
    sa.Column('trigger', sa.String(), nullable=False),
    sa.Column('started_at', sa.String(length=27), nullable=False),
    sa.Column('ended_at', sa.String(length=27), nullable=True),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('report', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.create_index('ix_run_running', ['sync'], unique=False, sqlite_where=sa.text("outcome = 'running'"), postgresql_where=sa.text("outcome = 'running'"))
        batch_op.create_index(batch_op.f('ix_run_sync'), ['sync'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('run', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_sync'))
        batch_op.drop_index('ix_run_running', sqlite_where=sa.text("outcome = 'running'"), postgresql_where=sa.text("outcome = 'running'"))

    op.drop_table('run')
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.drop_index('uq_quarantine_open', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
        batch_op.drop_index('ix_quarantine_waiting_write', sqlite_where=sa.text("status = 'open' AND intent <> ''"), postgresql_where=sa.text("status = 'open' AND intent <> ''"))
        batch_op.drop_index(batch_op.f('ix_quarantine_pair_side_record'))

    op.drop_table('quarantine')
    with op.batch_alter_table('planned_operation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_planned_operation_digest'))

    op.drop_table('planned_operation')
    with op.batch_alter_table('plan', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_sync'))
        batch_op.drop_index(batch_op.f('ix_plan_run'))
        batch_op.drop_index(batch_op.f('ix_plan_digest'))

    op.drop_table('plan')
    op.drop_table('pending')
    with op.batch_alter_table('pair', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_pair_sync'))

    op.drop_table('pair')
    op.drop_table('observation')
    with op.batch_alter_table('mirror_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mirror_key_connection_object_id'))

    op.drop_table('mirror_key')
    with op.batch_alter_table('mirror', schema=None) as batch_op:
        batch_op.drop_index('ix_mirror_racy', sqlite_where=sa.text('is_racy'), postgresql_where=sa.text('is_racy'))
        batch_op.drop_index('ix_mirror_here', sqlite_where=sa.text("presence IN ('live', 'suspect')"), postgresql_where=sa.text("presence IN ('live', 'suspect')"))
        batch_op.drop_index(batch_op.f('ix_mirror_connection_object_first_seen_at'))
        batch_op.drop_index('ix_mirror_absent', sqlite_where=sa.text('absences > 0'), postgresql_where=sa.text('absences > 0'))

    op.drop_table('mirror')
    op.drop_table('meta')
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.drop_index('uq_link_source_active', sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'"))
        batch_op.drop_index('uq_link_crm_active', sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'"))
        batch_op.drop_index(batch_op.f('ix_link_pair_source_id'))
        batch_op.drop_index(batch_op.f('ix_link_pair_crm_id'))

    op.drop_table('link')
    with op.batch_alter_table('intent', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_intent_run'))
        batch_op.drop_index(batch_op.f('ix_intent_pair_sent_at'))
        batch_op.drop_index('ix_intent_open', sqlite_where=sa.text("state IN ('sent', 'unknown')"), postgresql_where=sa.text("state IN ('sent', 'unknown')"))

    op.drop_table('intent')
    op.drop_table('envelope')
    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.drop_index('uq_conflict_open', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
        batch_op.drop_index(batch_op.f('ix_conflict_pair'))
        batch_op.drop_index(batch_op.f('ix_conflict_link'))

    op.drop_table('conflict')
    with op.batch_alter_table('api_call', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_api_call_run'))

    op.drop_table('api_call')
    op.drop_table('account')
